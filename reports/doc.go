// Package reports turns a judged run into what people and build servers look at: a terminal summary that fits
// on one screen, and junit.xml for continuous integration. In come the run's evidence and its verdict; out go
// bytes. A report decides nothing and hides nothing: the figures shown beside the verdict are measured from the
// same operations that were judged, and every word of judgement is the checker's own.
package reports
