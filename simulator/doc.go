// Package simulator storms a checkout server the way a flash sale does, and writes down what it saw.
//
// In comes a scenario and a seed; NewPlan makes of them who arrives when, wants what, and how they
// pay: a pure function, so that the same seed plans the same run, byte for byte. Run plays the plan
// against a server over HTTP: buyers arrive when the plan says whatever the server does (the open
// model), the payment provider delivers its webhooks from a queue and a clock of its own, and when all
// deliveries are done and all holds have lapsed everything is read once more. Out go operations,
// one for every attempt at every request, to a Recorder.
//
// Rules that must never break: only the client (client.go, target.go) touches the network, so that nothing
// happens unrecorded; latency runs from the intended start of a request, so that a simulator that
// falls behind cannot hide a server that does; and nothing is kept per operation, so that memory
// does not grow with the length of a run.
//
// While the buyers come, an injector does to the system what the plan has in store (killed servers, lost
// answers): package fault knows what, through small interfaces that are implemented where processes are started.
package simulator
