package checker

// The promises that only the order of commits can decide. They are registered, so that every list shows
// them; a run without a commit log skips them.

func eventAtomic() check {
	return check{
		name:    "event-atomic",
		promise: "A payment event and its effects commit in the same transaction.",
		needs:   []Need{NeedCommits},
	}
}

func realTimeOrder() check {
	return check{
		name:    "real-time-order",
		promise: "What had returned before a call committed before it, and no answer precedes its own commit.",
		needs:   []Need{NeedOperations, NeedCommits},
	}
}

func readsTrue() check {
	return check{
		name:    "reads-true",
		promise: "Every read was true at some instant between its call and its return.",
		needs:   []Need{NeedOperations, NeedCommits},
	}
}

func refusalsTrue() check {
	return check{
		name:    "refusals-true",
		promise: "The reason of every refusal was true at some instant between its call and its return.",
		needs:   []Need{NeedOperations, NeedCommits},
	}
}
