package plots

import (
	"fmt"
	"strings"

	"flashsale/reports/draw"
	"flashsale/reports/wording"
)

// Bars compares what was measured of several contestants at the same work: horizontal bars from zero.
type Bars struct {
	Name    string // of the plot's files
	Title   string
	Caption string
	Unit    string // after the figures, with a space before it if it wants one
	Bars    []Bar
}

// Bar is one contestant.
type Bar struct {
	Name                string
	Median, Least, Most float64
	Ours                bool
	Missing             string // why it was not measured; its bar is empty
}

// Sizes of bars.
const (
	barRow       = 30.0
	barThickness = 18.0
)

// text is the figure, written.
func (b Bar) text(unit string) string {
	switch {
	case b.Missing != "":
		return "not measured"
	case b.Median >= 1000:
		return wording.Count(int64(b.Median+0.5)) + unit
	default:
		return wording.ThreeDigits(b.Median) + unit
	}
}

// Figure draws it.
func (b Bars) Figure() Figure {
	var alt []string
	for _, bar := range b.Bars {
		alt = append(alt, fmt.Sprintf("%s %s", bar.Name, bar.text(b.Unit)))
	}
	return Figure{
		Name: b.Name, Title: b.Title, Caption: b.Caption, Alt: strings.Join(alt, "; ") + ".", height: float64(len(b.Bars)) * barRow,
		legend: []entry{{ink: draw.Blue, name: "flashsale"}, {ink: draw.Grey, name: "others"},
			{ink: draw.Text, name: "range of the rounds", dashed: true}},
		draw: b.draw,
	}
}

func (b Bars) draw(s *draw.Sheet, area draw.Rect) {
	names, texts, high := 0.0, 0.0, 0.0
	for _, bar := range b.Bars {
		names = max(names, s.Fonts.Width(bar.Name, labelSize, bar.Ours))
		texts = max(texts, s.Fonts.Width(bar.text(b.Unit), labelSize, true))
		high = max(high, bar.Most)
	}
	from := area.X + names + 12
	x := draw.Scale{Low: 0, High: max(high, 1e-9), From: from, To: area.Right() - texts - 16}
	for i, bar := range b.Bars {
		bar.draw(s, x, area.Y+(float64(i)+0.5)*barRow, bar.text(b.Unit))
	}
	s.Line(draw.Stroke{Ink: draw.Muted, Width: 1}, draw.Point{X: from, Y: area.Y}, draw.Point{X: from, Y: area.Bottom()})
}

// draw puts one bar at a height, its name before it and its figure behind it.
func (b Bar) draw(s *draw.Sheet, x draw.Scale, y float64, text string) {
	figure := draw.Lettering{Ink: draw.Text, Size: labelSize, Bold: true}
	s.Write(draw.Lettering{Ink: draw.Text, Size: labelSize, Bold: b.Ours, Anchor: draw.End}, draw.Point{X: x.From - 10, Y: y + 4.5}, b.Name)
	if b.Missing != "" {
		figure.Ink, figure.Bold = draw.Muted, false
		s.Write(figure, draw.Point{X: x.From + 8, Y: y + 4.5}, text)
		return
	}
	ink := draw.Grey
	if b.Ours {
		ink = draw.Blue
	}
	s.Box(draw.Fill{Ink: ink}, draw.Rect{X: x.From, Y: y - barThickness/2, W: x.Pos(b.Median) - x.From, H: barThickness})
	least, most := x.Clamped(b.Least), x.Clamped(b.Most)
	s.Line(draw.Stroke{Ink: draw.Text, Width: 1.5}, draw.Point{X: least, Y: y}, draw.Point{X: most, Y: y})
	for _, end := range []float64{least, most} {
		s.Line(draw.Stroke{Ink: draw.Text, Width: 1.5}, draw.Point{X: end, Y: y - 4}, draw.Point{X: end, Y: y + 4})
	}
	s.Write(figure, draw.Point{X: most + 8, Y: y + 4.5}, text)
}
