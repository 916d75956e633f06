// Package plots draws what a person would look at after a run: the stock, latencies over time and by percentile,
// answers over time, deliveries against effects, and for every way in which a promise was broken the timeline that
// shows it. In come figures (package measure) and a verdict; out come sheets, each fit for a slide, a page or a
// telephone. One style holds for all: thin horizontal grid, muted ticks, axes that start at zero or are logarithmic
// and say so in their ticks, vermillion for what went wrong and for nothing else.
package plots
