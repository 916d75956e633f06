package plots

import "flashsale/reports/draw"

// Small panels, side by side on a wide sheet and below each other on a narrow one.
const (
	cellHeight = 190.0
	cellGap    = 26.0
	cellTitle  = 22.0
)

// wideColumns is how many of n panels stand side by side on a wide sheet.
func wideColumns(n int) int {
	if n == 2 || n == 4 {
		return 2
	}
	return min(n, 3)
}

// gridHeight is the height of n panels in some columns.
func gridHeight(n, columns int) float64 {
	rows := (n + columns - 1) / columns
	return float64(rows)*(cellHeight+cellGap) - cellGap
}

// cells divides an area among n panels.
func cells(area draw.Rect, n int) []draw.Rect {
	columns := wideColumns(n)
	if area.W < wideWidth/2 {
		columns = 1
	}
	width := (area.W - float64(columns-1)*cellGap) / float64(columns)
	all := make([]draw.Rect, n)
	for i := range all {
		all[i] = draw.Rect{
			X: area.X + float64(i%columns)*(width+cellGap), W: width,
			Y: area.Y + float64(i/columns)*(cellHeight+cellGap), H: cellHeight,
		}
	}
	return all
}

// titledPanel is a panel with a name and a remark above it.
func titledPanel(s *draw.Sheet, outer draw.Rect, name, remark string, x, y axis) *panel {
	return newPanel(s, titled(s, outer, name, remark), x, y)
}

// titled writes a name and a remark, and returns what is left below them.
func titled(s *draw.Sheet, outer draw.Rect, name, remark string) draw.Rect {
	s.Write(draw.Lettering{Ink: draw.Text, Size: labelSize, Bold: true}, draw.Point{X: outer.X, Y: outer.Y + 12}, name)
	s.Write(draw.Lettering{Ink: draw.Muted, Size: smallSize, Anchor: draw.End},
		draw.Point{X: outer.Right() - 4, Y: outer.Y + 12}, remark)
	outer.Y += cellTitle
	outer.H -= cellTitle
	return outer
}
