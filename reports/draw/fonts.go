package draw

import (
	"embed"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

//go:embed fonts
var fontFiles embed.FS

// Fonts is Inter in the two weights that sheets are lettered with. Not for concurrent use.
type Fonts struct {
	regular, bold *opentype.Font
	buffer        sfnt.Buffer
}

// LoadFonts parses the embedded fonts.
func LoadFonts() (*Fonts, error) {
	f := new(Fonts)
	for name, into := range map[string]**opentype.Font{"Inter-Regular.otf": &f.regular, "Inter-SemiBold.otf": &f.bold} {
		file, err := fontFiles.ReadFile("fonts/" + name)
		if err == nil {
			*into, err = opentype.Parse(file)
		}
		if err != nil {
			return nil, fmt.Errorf("load font %s: %w", name, err)
		}
	}
	return f, nil
}

func (f *Fonts) of(bold bool) *opentype.Font {
	if bold {
		return f.bold
	}
	return f.regular
}

// Width is how many pixels a text takes. A sign that the font lacks counts like a digit.
func (f *Fonts) Width(text string, size float64, bold bool) float64 {
	face := f.of(bold)
	em := fixed.Int26_6(face.UnitsPerEm())
	units := fixed.Int26_6(0)
	for _, r := range text {
		glyph, err := face.GlyphIndex(&f.buffer, r)
		if err != nil || glyph == 0 {
			glyph, err = face.GlyphIndex(&f.buffer, '0')
		}
		if err != nil {
			continue
		}
		if advance, err := face.GlyphAdvance(&f.buffer, glyph, em, font.HintingNone); err == nil {
			units += advance
		}
	}
	return float64(units) / float64(em) * size
}

// FontFaces is CSS that brings the fonts along: whoever opens the file needs none installed and fetches nothing.
func FontFaces() (string, error) {
	var css strings.Builder
	for _, f := range []struct {
		name   string
		weight int
	}{{"Inter-Regular.woff2", 400}, {"Inter-SemiBold.woff2", 600}} {
		file, err := fontFiles.ReadFile("fonts/" + f.name)
		if err != nil {
			return "", fmt.Errorf("embed font: %w", err)
		}
		fmt.Fprintf(&css, "@font-face{font-family:Inter;font-weight:%d;src:url(data:font/woff2;base64,%s) format('woff2')}\n",
			f.weight, base64.StdEncoding.EncodeToString(file))
	}
	return css.String(), nil
}
