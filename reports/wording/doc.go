// Package wording says figures, operations, rows and violations in words: the same ones on the terminal, in
// junit.xml, in summary.md and in report.html, so that whoever reads two of them need not wonder.
package wording
