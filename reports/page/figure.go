package page

import (
	"fmt"
	"html/template"
	"io"

	"flashsale/reports/draw"
	"flashsale/reports/plots"
)

// figure is a plot as a page shows it: one sheet for wide windows and one for narrow ones, or, where two plots share a
// row, the narrow one alone.
type figure struct {
	ID, Title, Caption string
	Wide, Narrow       template.HTML
}

// group is a row of figures.
type group struct {
	Figures []*figure
	Pair    bool
}

// groups puts the plots into rows. Timelines of violations have a place of their own.
func groups(fonts *draw.Fonts, figures []plots.Figure) []group {
	var all []group
	for i := range figures {
		f := &figures[i]
		if f.Check != "" {
			continue
		}
		shown := newFigure(fonts, f)
		if last := len(all) - 1; f.Beside && last >= 0 {
			all[last].Figures = append(all[last].Figures, shown)
			all[last].Pair = true
			continue
		}
		all = append(all, group{Figures: []*figure{shown}})
	}
	for _, g := range all {
		for _, f := range g.Figures {
			if g.Pair {
				f.Wide = ""
			}
		}
	}
	return all
}

// newFigure draws a plot. Its sheets escape what they are given and are made of marks alone, so they are safe HTML.
func newFigure(fonts *draw.Fonts, f *plots.Figure) *figure {
	return &figure{
		ID: "plot-" + f.Name, Title: f.Title, Caption: f.Caption,
		Wide:   template.HTML(f.Sheet(fonts, plots.Page).Element("plot wide")),
		Narrow: template.HTML(f.Sheet(fonts, plots.Phone).Element("plot narrow")),
	}
}

// styleSheet is everything that a page's style needs, fonts included.
func styleSheet() (template.CSS, error) {
	faces, err := draw.FontFaces()
	if err != nil {
		return "", err
	}
	own, err := files.ReadFile("page.css")
	if err != nil {
		return "", fmt.Errorf("page: %w", err)
	}
	return template.CSS(faces + draw.StyleSheet() + string(own)), nil
}

func execute(w io.Writer, name string, data any) error {
	t, err := template.ParseFS(files, "*.html")
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if err := t.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
