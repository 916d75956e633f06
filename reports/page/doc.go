// Package page writes a run, or several side by side, as one HTML file: no script, nothing fetched, light and dark,
// readable on a telephone. The verdict comes first, then what went wrong and how it came to that, then every promise,
// then the plots, then the figures, then how to make the same run again.
package page

import "embed"

//go:embed *.html *.css
var files embed.FS
