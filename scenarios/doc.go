// Package scenarios says what a run is: what is on sale, who comes when, how they behave and pay, and
// what must hold at the end. A scenario is one YAML file, embedded here or given by path, decoded
// strictly: a key nobody knows, a negative rate or a malformed duration is an error at
// FILE:LINE:COL, never a silent default. The package only describes; drawing from the
// distributions, pacing and sending are the simulator's.
//
// # The format
//
// Durations are written "150ms", "2s", "1m". A span is a duration that is drawn anew each time:
// "50ms" (always), "10ms..200ms" (uniform) or "exp 50ms" (exponential with that mean, cut at ten
// times it). A number set is "3" (always), "1..5" (uniform) or a list: products take a list's entries
// in turn, buyers draw from it uniformly, so that repeating a number makes it likelier. A share
// is a probability from 0 to 1. Every key but name, why, products.stock, arrivals.phases and the kind
// of a fault has a default, given here after the colon.
//
// Overrides have the form key.path=value. One is for the storm as a whole: duration=30s stretches it to
// that length. Phases and single faults keep their places in it, recurring faults come more often.
//
//	name:  the scenario's name: lower-case letters, digits and dashes
//	why:   one line or two: what this scenario shows that no other does
//	seed:  fixes the plan's seed; without it every run draws one
//
//	products:
//	  count: 1             how many
//	  stock:               units of each, a number set
//	  price: 1000          price of one unit, a number set
//	  skew: 0              Zipf exponent of their popularity; 0 makes all alike
//	  names: [Item]        used in turn, numbered when there are fewer than products
//
//	server:                how the system under test is started
//	  hold_ttl: 2m         how long a hold reserves
//	  sweep_interval: 1s   how often lapsed holds are swept
//	  max_qty: 1000        most units in one hold
//	  replicas: 1          servers in front of one database
//	  request_timeout: 5s  a request that waited longer is refused
//
//	arrivals:              an open model: buyers come when the plan says, whatever the server does
//	  max: 0               most buyers in all; 0 is no limit
//	  late_after: 250ms    a send this long after its intended start is late
//	  late_share: 0.05     share of late sends beyond which the run decides nothing
//	  phases:              played one after the other, unless `start` says otherwise
//	    - kind: constant   constant | ramp | spike | poisson | burst
//	      duration: 5s     of every kind
//	      start:           offset from the run's start; without it, the end of the phase before
//	      rate: 100        constant, poisson: buyers per second; spike: before and after the peak
//	      from: 0          ramp: rate at the start
//	      to: 1000         ramp: rate at the end
//	      peak: 5000       spike: rate in the middle
//	      size: 12         burst: buyers that come at the same instant for the same product
//	      every: 50ms      burst: from one burst to the next
//	      across: 1        burst: products that are hit at the same instant, `size` buyers each
//	      products: skew   how products are chosen: skew (by popularity) or turns (one after the other;
//	                       the default of bursts)
//	      eager: false     true: everybody takes one unit and pays at once, no browsing, no mischief.
//	                       An eager tail that outlasts hold_ttl sells what lapsed, to the last unit
//
//	buyers:
//	  browse: 0            share that reads the product first
//	  qty: 1               units wanted, a number set
//	  think: 0s            from hold to order, a span
//	  abandon: 0           share that never orders
//	  overstay: 0          share that orders only after its hold has lapsed
//	  double_send: 0       share that sends the hold twice at once under one idempotency key
//	  order_twice: 0       share that orders its hold several times at once, a key for each
//	  orders_at_once: 2    how many times those do
//	  steal: 0             share that orders somebody else's hold instead of taking one
//	  read_back: 0         share that reads back at once what it was just told
//	  timeout: 8s          how long an answer is waited for
//	  retry: {attempts: 5, first: 100ms, max: 2s}
//	                       a request without an answer, or answered 503, is sent again with the same key
//	                       and body: at most so often, after `first`, doubled up to `max`, jittered
//
//	payments:              the payment provider
//	  mix: {success: 1}    weights of the stories: success, failure, failure_then_success,
//	                       success_then_failure, conflict (both at once), double_charge (two successes),
//	                       late (success after the hold lapsed), never
//	  deliveries: 1        deliveries of every event, a number set
//	  delay: 0s            from the order to an event's first delivery, a span
//	  shuffle: 0s          every other delivery follows within this time, in any order
//	  together: 0          share of events whose deliveries all leave at the same instant
//	  late_after: 100ms    from the lapse to a late event's first delivery, a span
//	  replay_late: 0       share of events delivered once more, long after they were acknowledged
//	  replay_after: 1s     how long after, a span
//	  before_order: 0      share of buyers at whose arrival the provider pays for an order that does not
//	                       exist yet. It pays for whichever order gets that number: a second charge of
//	                       that order, legal like any other
//	  ahead: 1..5          how far past the newest known order that number lies, a number set
//	  rekeyed: 0           share of events whose key comes back with another body once acknowledged
//	  unsigned, forged, stale, altered: 0
//	                       shares of payments accompanied by such a delivery, under a key of its own
//	  read_back: 0         share of acknowledged deliveries after which the order is read at once
//	  timeout: 8s          how long an answer is waited for
//	  retry: {first: 100ms, max: 2s}
//	                       every time-out and every answer but 2xx, 401 and 422 is tried again
//	  deadline: 15s        after its first delivery an event is given up; one that is in doubt, after as long again
//
//	faults:                harm that is done while the storm lasts; none by default
//	  - kind: server-kill  what is done; with several, as [server-kill, commit-lost], one is drawn each
//	                       time. `flashsale faults` lists them
//	    phase:             `at` counts from the start of this phase, the first being 1; else from the run's
//	    at: 0s             when, a span
//	    every:             again and again, a span from one to the next, until the phase (or the storm)
//	                       ends; without it, once
//	    for: 1s            from injected to healed, a span. What the end of the storm finds is healed then
//	    server:            the number of the replica that it befalls, from 0; else one is drawn
//	    latency: 100ms     a slow road: so much on each way
//	    jitter: 0s         and up to so much more, for every packet anew
//	    share: 0.2         of what passes, the share that is lost
//	    by: 3h             how wrong a clock is; fast or slow is drawn
//
//	quiesce:
//	  deadline: 60s        from the last arrival until everything rests
//	  sample: 2000         most holds, and most orders, that are read at the end
//
//	thresholds:            for example "hold.p99 < 50ms", "run.errors <= 1%", "fault.recovery <= 2s"
//	                       metrics: hold order webhook read-product read-hold read-order run fault
//	                       stats: p50 p90 p99 p99.9 max mean (latency), rate (ok per second),
//	                       errors (share without an answer), count; of run also unresolved (keyed requests
//	                       with an attempt without an answer, after which no other attempt told whether it
//	                       had its effect); of fault only recovery (the longest time from the beginning of
//	                       healing until all was ready and answered again, less that in which other faults
//	                       lasted) and count (how many bit)
//
//	expect:
//	  exercise: {stock-never-oversold: 100}   the least that a check must have exercised
//	  broken: []                              checks that this run is expected to break
package scenarios
