package draw

// Point is a place on a sheet: pixels from the left and from the top.
type Point struct{ X, Y float64 }

// Rect is a part of a sheet.
type Rect struct{ X, Y, W, H float64 }

// Right and Bottom are the edges that Rect does not name.
func (r Rect) Right() float64 { return r.X + r.W }

// Bottom is the lower edge.
func (r Rect) Bottom() float64 { return r.Y + r.H }

// Sheet is a drawing: marks in the order in which they are put down.
type Sheet struct {
	W, H  float64
	Fonts *Fonts
	Label string // what it shows, in a sentence or two, for those who cannot see it
	marks []mark
}

// mark is one thing on a sheet.
type mark interface {
	svg(*svgWriter)
	raster(*raster)
}

// Stroke is how a line is drawn.
type Stroke struct {
	Ink     Ink
	Width   float64
	Dash    float64 // length of dashes and of the gaps between them; 0: a solid line
	Opacity float64 // 0 means 1: nothing is drawn to be invisible
}

// Fill is how an area is filled.
type Fill struct {
	Ink     Ink
	Opacity float64 // 0 means 1
}

// Anchor says which end of a text lies at its point.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Lettering is how a text is written.
type Lettering struct {
	Ink    Ink
	Size   float64
	Bold   bool
	Anchor Anchor
}

type (
	line struct {
		points []Point
		stroke Stroke
	}
	area struct {
		points []Point
		fill   Fill
	}
	disc struct {
		at     Point
		radius float64
		fill   Fill
	}
	words struct {
		at        Point
		text      string
		lettering Lettering
	}
)

// Line draws a line through points.
func (s *Sheet) Line(stroke Stroke, points ...Point) {
	if len(points) > 1 {
		s.marks = append(s.marks, line{points, stroke})
	}
}

// Area fills the polygon around points.
func (s *Sheet) Area(fill Fill, points ...Point) {
	if len(points) > 2 {
		s.marks = append(s.marks, area{points, fill})
	}
}

// Box fills a rectangle.
func (s *Sheet) Box(fill Fill, r Rect) {
	s.Area(fill, Point{r.X, r.Y}, Point{r.Right(), r.Y}, Point{r.Right(), r.Bottom()}, Point{r.X, r.Bottom()})
}

// Disc fills a circle.
func (s *Sheet) Disc(fill Fill, at Point, radius float64) {
	s.marks = append(s.marks, disc{at, radius, fill})
}

// Write writes a text with its baseline at a point.
func (s *Sheet) Write(lettering Lettering, at Point, text string) {
	if text != "" {
		s.marks = append(s.marks, words{at, text, lettering})
	}
}

// visible reads an opacity of 0 as 1.
func visible(opacity float64) float64 {
	if opacity == 0 {
		return 1
	}
	return opacity
}
