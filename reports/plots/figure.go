package plots

import (
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/draw"
	"flashsale/reports/measure"
)

// Figure is one plot, ready to be drawn on sheets of several formats.
type Figure struct {
	Name    string // of its files, without extension
	Title   string
	Caption string // how to read it, in a sentence or two
	Alt     string // what it shows, in a sentence
	Check   string // the check whose violation it shows; empty for the others
	Nth     int    // which violation of the check, from 0
	Beside  bool   // belongs beside the figure before it, where a page is wide enough

	legend []entry
	height float64 // of the plot area on a wide sheet
	narrow float64 // and on a narrow one; 0: as on a wide one
	draw   func(s *draw.Sheet, area draw.Rect)
}

// entry is a colour's meaning.
type entry struct {
	ink    draw.Ink
	name   string
	dashed bool // drawn as a line of dashes, not as an area
}

// Format is a kind of sheet.
type Format int

// The formats: a file has its title and caption on it, on a page they stand beside it.
const (
	File Format = iota
	Page
	Phone
)

// Widths of sheets, and sizes of letters. A telephone shows its sheet at nine tenths.
const (
	wideWidth   = 960.0
	phoneWidth  = 400.0
	margin      = 20.0
	titleSize   = 21.0
	captionSize = 13.5
	labelSize   = 13.0
	smallSize   = 12.0
)

// Of lists the figures of a run, as far as there is something to see.
func Of(run *evidence.Run, v *checker.Verdict, stats measure.Stats) []Figure {
	times := newTimes(run, stats)
	figures := stockFigures(times, stats.Sale)
	figures = append(figures, flowFigure(times, stats.Flow)...)
	figures = append(figures, latencyFigure(times, stats.Kinds)...)
	figures = append(figures, spectrumFigure(stats.Kinds)...)
	figures = append(figures, deliveriesFigure(stats.Deliveries)...)
	return append(figures, violationFigures(times, run, v)...)
}

// Sheet draws a figure in a format.
func (f *Figure) Sheet(fonts *draw.Fonts, format Format) *draw.Sheet {
	s := &draw.Sheet{W: wideWidth, Fonts: fonts, Label: f.Alt}
	height, top, side := f.height, 6.0, 0.0
	if format == Phone {
		s.W = phoneWidth
		if f.narrow != 0 {
			height = f.narrow
		}
	}
	if format == File {
		side = margin
		top = f.head(s)
	}
	top = f.key(s, side, top)
	bottom := 2.0
	if format == File {
		bottom = margin
	}
	s.H = top + height + bottom
	f.draw(s, draw.Rect{X: side, Y: top, W: s.W - 2*side, H: height})
	return s
}

// head writes title and caption, and returns where they end.
func (f *Figure) head(s *draw.Sheet) (bottom float64) {
	y := margin + titleSize
	s.Write(draw.Lettering{Ink: draw.Text, Size: titleSize, Bold: true}, draw.Point{X: margin, Y: y}, f.Title)
	for _, line := range wrap(s.Fonts, f.Caption, captionSize, s.W-2*margin) {
		y += captionSize * 1.45
		s.Write(draw.Lettering{Ink: draw.Muted, Size: captionSize}, draw.Point{X: margin, Y: y}, line)
	}
	return y + 16
}

// key writes what the colours mean, and returns where that ends.
func (f *Figure) key(s *draw.Sheet, left, y float64) (bottom float64) {
	if len(f.legend) == 0 {
		return y
	}
	const swatch, gap, between, lineHeight = 12.0, 6.0, 18.0, 22.0
	x := left
	for _, e := range f.legend {
		name := fit(s.Fonts, e.name, labelSize, s.W-2*left-swatch-gap)
		width := swatch + gap + s.Fonts.Width(name, labelSize, false)
		if x > left && x+width > s.W-left {
			x, y = left, y+lineHeight
		}
		if e.dashed {
			s.Line(draw.Stroke{Ink: e.ink, Width: 2, Dash: 3}, draw.Point{X: x, Y: y + 6}, draw.Point{X: x + swatch, Y: y + 6})
		} else {
			s.Box(draw.Fill{Ink: e.ink}, draw.Rect{X: x, Y: y, W: swatch, H: swatch})
		}
		s.Write(draw.Lettering{Ink: draw.Text, Size: labelSize}, draw.Point{X: x + swatch + gap, Y: y + 10.5}, name)
		x += width + between
	}
	return y + lineHeight + 6
}

// wrap breaks a text between words into lines that fit.
func wrap(fonts *draw.Fonts, text string, size, width float64) []string {
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(text) {
		longer := strings.TrimSpace(current + " " + word)
		if current != "" && fonts.Width(longer, size, false) > width {
			lines = append(lines, current)
			longer = word
		}
		current = longer
	}
	return append(lines, current)
}

// fit cuts a text to a width, and shows that it did.
func fit(fonts *draw.Fonts, text string, size, width float64) string {
	if fonts.Width(text, size, false) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && fonts.Width(string(runes)+"…", size, false) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
