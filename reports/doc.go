// Package reports turns a judged run into what people and build servers look at: a terminal summary that fits on one
// screen, report.html with its plots, summary.md for a pull request and junit.xml for continuous integration. In come
// the run's evidence and its verdict; out go bytes. A report decides nothing and hides nothing: the figures shown
// beside the verdict are measured from the same operations and commits that were judged, and every word of judgement is
// the checker's own. A broken promise is told in order: who asked for what, and what the database made of it.
package reports
