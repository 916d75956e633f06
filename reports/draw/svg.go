package draw

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// svgWriter writes marks as SVG elements.
type svgWriter struct {
	bytes.Buffer
	themed bool // colours are classes of StyleSheet, not values
}

// SVG is the sheet as a file of its own, on white paper, with its fonts.
func (s *Sheet) SVG() ([]byte, error) {
	faces, err := FontFaces()
	if err != nil {
		return nil, err
	}
	w := &svgWriter{}
	w.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	w.open(s, fmt.Sprintf(`width="%s" height="%s"`, px(s.W), px(s.H)))
	fmt.Fprintf(w, "<title>%s</title>\n<style>\n%s</style>\n", html.EscapeString(s.Label), faces)
	fmt.Fprintf(w, "<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n", Paper.shades().light)
	w.close(s)
	return w.Bytes(), nil
}

// Element is the sheet as an element of an HTML page that has StyleSheet and FontFaces in its style; class is the
// element's own.
func (s *Sheet) Element(class string) string {
	w := &svgWriter{themed: true}
	w.open(s, fmt.Sprintf(`class="%s"`, html.EscapeString(class)))
	w.close(s)
	return w.String()
}

func (w *svgWriter) open(s *Sheet, attributes string) {
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" %s role="img" aria-label="%s" `+
		`font-family="Inter,system-ui,sans-serif">`+"\n", px(s.W), px(s.H), attributes, html.EscapeString(s.Label))
}

func (w *svgWriter) close(s *Sheet) {
	for _, m := range s.marks {
		m.svg(w)
	}
	w.WriteString("</svg>\n")
}

func (m line) svg(w *svgWriter) {
	fmt.Fprintf(w, `<path d="%s" fill="none"%s stroke-width="%s"`, path(m.points), w.ink("stroke", m.stroke.Ink),
		px(m.stroke.Width))
	if m.stroke.Dash > 0 {
		fmt.Fprintf(w, ` stroke-dasharray="%s"`, px(m.stroke.Dash))
	}
	w.opacity("stroke", m.stroke.Opacity)
	w.WriteString(" stroke-linejoin=\"round\"/>\n")
}

func (m area) svg(w *svgWriter) {
	fmt.Fprintf(w, `<path d="%sZ"%s`, path(m.points), w.ink("fill", m.fill.Ink))
	w.opacity("fill", m.fill.Opacity)
	w.WriteString("/>\n")
}

func (m disc) svg(w *svgWriter) {
	fmt.Fprintf(w, `<circle cx="%s" cy="%s" r="%s"%s`, px(m.at.X), px(m.at.Y), px(m.radius), w.ink("fill", m.fill.Ink))
	w.opacity("fill", m.fill.Opacity)
	w.WriteString("/>\n")
}

func (m words) svg(w *svgWriter) {
	fmt.Fprintf(w, `<text x="%s" y="%s" font-size="%s"%s`, px(m.at.X), px(m.at.Y), px(m.lettering.Size),
		w.ink("fill", m.lettering.Ink))
	if m.lettering.Bold {
		w.WriteString(` font-weight="600"`)
	}
	switch m.lettering.Anchor {
	case Middle:
		w.WriteString(` text-anchor="middle"`)
	case End:
		w.WriteString(` text-anchor="end"`)
	}
	fmt.Fprintf(w, ">%s</text>\n", html.EscapeString(m.text))
}

// ink is the attribute that colours a fill or a stroke.
func (w *svgWriter) ink(what string, i Ink) string {
	if w.themed {
		return fmt.Sprintf(` class="%c-%s"`, what[0], i.shades().name)
	}
	return fmt.Sprintf(` %s="%s"`, what, i.shades().light)
}

func (w *svgWriter) opacity(what string, opacity float64) {
	if visible(opacity) != 1 {
		fmt.Fprintf(w, ` %s-opacity="%s"`, what, strconv.FormatFloat(opacity, 'g', 3, 64))
	}
}

// path writes points as path data: the first absolute, the others as steps, which are shorter to write.
func path(points []Point) string {
	var d strings.Builder
	var lastX, lastY float64
	for i, p := range points {
		x, y := tenth(p.X), tenth(p.Y)
		switch {
		case i == 0:
			d.WriteString("M" + px(x) + " " + px(y))
		case y == lastY:
			d.WriteString("h" + px(x-lastX))
		case x == lastX:
			d.WriteString("v" + px(y-lastY))
		default:
			d.WriteString("l" + px(x-lastX) + " " + px(y-lastY))
		}
		lastX, lastY = x, y
	}
	return d.String()
}

// tenth rounds to what is written, so that the rounding of many steps does not add up.
func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// px writes a length with one digit after the point at most.
func px(x float64) string { return strconv.FormatFloat(tenth(x), 'f', -1, 64) }
