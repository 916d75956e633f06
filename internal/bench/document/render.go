package document

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"

	"flashsale/internal/bench"
	"flashsale/reports/plots"
	"flashsale/reports/wording"
)

// imagesDir is where the page's plots are, from where the page is.
const imagesDir = "images"

// prose is the page without its figures. What a figure means stands there, beside where it goes.
//
//go:embed performance.md.tmpl
var prose string

// Render writes the page as Markdown.
func (r *Results) Render(w io.Writer) error {
	page, err := template.New("performance.md").Funcs(template.FuncMap{
		"image": image, "count": count, "digits": wording.ThreeDigits, "percent": percent, "cpu": cpuText, "cell": cell,
		"upper": upper,
		"seconds": func(s bench.CheckerSize) *bench.Spread {
			return judged(s, func(j bench.Judged) float64 { return j.Seconds })
		},
		"mib": func(s bench.CheckerSize) *bench.Spread {
			return judged(s, func(j bench.Judged) float64 { return j.PeakMiB })
		},
	}).Parse(prose)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}

// image shows a plot, with its caption below.
func image(figure plots.Figure) string {
	return fmt.Sprintf("![%s](%s/%s.png)\n\n*%s*", cell(figure.Alt), imagesDir, figure.Name, figure.Caption)
}

// count writes a number of things, or of things a second.
func count(number any) (string, error) {
	switch n := number.(type) {
	case int64:
		return wording.Count(n), nil
	case float64:
		return wording.Count(int64(n + 0.5)), nil
	}
	return "", fmt.Errorf("%v is no number that can be counted", number)
}

func percent(share float64) string { return wording.ThreeDigits(100*share) + " %" }

// upper begins a sentence.
func upper(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// cell keeps a text within its cell of a table.
func cell(text string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text) }

// cpuText writes the CPU per request of server, database and load, as far as it is known.
func cpuText(c bench.CPUPerAnswer) string {
	parts := make([]string, 3)
	for i, v := range []*float64{c.Server, c.Database, c.Load} {
		if parts[i] = "-"; v != nil {
			parts[i] = wording.ThreeDigits(*v)
		}
	}
	return strings.Join(parts, " / ")
}

func judged(s bench.CheckerSize, figure func(bench.Judged) float64) *bench.Spread {
	values := make([]float64, len(s.Judged))
	for i, j := range s.Judged {
		values[i] = figure(j)
	}
	return bench.SpreadOf(values)
}
