package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func sheet(t *testing.T) *Sheet {
	t.Helper()
	fonts, err := LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	s := &Sheet{W: 200, H: 100, Fonts: fonts, Label: `a "label" & <more>`}
	s.Box(Fill{Ink: Blue}, Rect{X: 10, Y: 10, W: 50, H: 20})
	s.Line(Stroke{Ink: Vermillion, Width: 4}, Point{100, 50}, Point{190, 50})
	s.Disc(Fill{Ink: Green, Opacity: 0.5}, Point{20, 80}, 5)
	s.Write(Lettering{Ink: Text, Size: 12, Anchor: End}, Point{190, 90}, `<script>&"`)
	return s
}

// wellFormed reads XML to its end.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not XML: %v\n%s", err, text)
		}
	}
}

func TestSVG(t *testing.T) {
	file, err := sheet(t).SVG()
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	wellFormed(t, text)
	for _, want := range []string{
		`fill="#0072b2"`, `stroke="#d55e00"`, `d="M100 50h90"`, `d="M10 10h50v20h-50Z"`, `fill-opacity="0.5"`,
		`text-anchor="end"`, "&lt;script&gt;&amp;", "data:font/woff2;base64,",
		"<title>a &#34;label&#34; &amp; &lt;more&gt;</title>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "class=") {
		t.Error("a file of its own has no style sheet to look classes up in")
	}
}

func TestElementTakesItsColoursFromThePage(t *testing.T) {
	text := sheet(t).Element("plot wide")
	wellFormed(t, text)
	if strings.Contains(text, "#0072b2") || strings.Contains(text, "base64") {
		t.Error("an element brings colours or fonts of its own")
	}
	css := StyleSheet()
	for _, class := range []string{"f-blue", "s-vermillion", "f-green", "f-text"} {
		if !strings.Contains(text, class) || !strings.Contains(css, "."+class+"{") {
			t.Errorf("class %s is not in both the element and the style sheet", class)
		}
	}
}

func TestPNG(t *testing.T) {
	file, err := sheet(t).PNG(2)
	if err != nil {
		t.Fatal(err)
	}
	image, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if b := image.Bounds(); b.Dx() != 400 || b.Dy() != 200 {
		t.Fatalf("%d x %d pixels, want 400 x 200", b.Dx(), b.Dy())
	}
	for name, c := range map[string]struct {
		x, y    int
		r, g, b uint32
	}{
		"paper": {5, 5, 0xff, 0xff, 0xff}, "box": {60, 40, 0x00, 0x72, 0xb2}, "line": {300, 100, 0xd5, 0x5e, 0x00},
	} {
		if r, g, b, _ := image.At(c.x, c.y).RGBA(); r>>8 != c.r || g>>8 != c.g || b>>8 != c.b {
			t.Errorf("%s is %02x%02x%02x", name, r>>8, g>>8, b>>8)
		}
	}
	ink := 0
	for x := 240; x < 380; x++ {
		if r, _, _, _ := image.At(x, 174).RGBA(); r>>8 < 0x80 {
			ink++
		}
	}
	if ink == 0 {
		t.Error("no letter was drawn")
	}
}

func TestWidth(t *testing.T) {
	fonts, err := LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	if w := fonts.Width("", 12, false); w != 0 {
		t.Errorf("nothing is %v wide", w)
	}
	short, long, bold := fonts.Width("sold", 12, false), fonts.Width("sold sold", 12, false), fonts.Width("sold", 12, true)
	if !(short > 12 && short < 40 && long > 2*short && bold > short) {
		t.Errorf("widths are %v, %v and %v", short, long, bold)
	}
	if w := fonts.Width("\u4e16", 12, false); w < 5 {
		t.Errorf("a sign that the font lacks is %v wide", w)
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		high float64
		n    int
		want []float64
	}{
		{10, 5, []float64{0, 2, 4, 6, 8, 10}},
		{550, 5, []float64{0, 200, 400}},
		{1, 5, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{12.2, 10, []float64{0, 2, 4, 6, 8, 10, 12}},
		{0, 5, []float64{0}},
	} {
		got := Steps(c.high, c.n)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("Steps(%v, %d) = %v, want %v", c.high, c.n, got, c.want)
		}
	}
}

func TestDecades(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{0.001, 1, []float64{0.001, 0.01, 0.1, 1}},
		{0.003, 0.03, []float64{0.005, 0.01, 0.02}},
	} {
		got := Decades(c.low, c.high)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a/b-1) < 1e-9 }) {
			t.Errorf("Decades(%v, %v) = %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

func TestScale(t *testing.T) {
	linear := Scale{Low: 0, High: 10, From: 100, To: 0}
	logarithmic := Scale{Low: 1, High: 100, From: 0, To: 200, Log: true}
	for _, c := range []struct {
		s           Scale
		value, want float64
	}{
		{linear, 0, 100}, {linear, 5, 50}, {linear, 11, -10}, {logarithmic, 1, 0}, {logarithmic, 10, 100},
		{Scale{Low: 3, High: 3, From: 7, To: 9}, 3, 7},
	} {
		if got := c.s.Pos(c.value); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v is at %v, want %v", c.s, c.value, got, c.want)
		}
	}
	if got := logarithmic.Clamped(0); got != 0 {
		t.Errorf("zero on a logarithmic axis is at %v, want its end", got)
	}
}
