package replay

// Step is what one commit did to the stock.
type Step struct {
	Position int64
	AtUS     int64 // decision time: the newest created_at or updated_at it stored; 0 if the schema keeps none
	Products []ProductStep
}

// ProductStep is how a product stands after a commit that changed it, one of its holds or one of its orders, or
// stored an event for one of these.
type ProductStep struct {
	ID    int64
	AtUS  int64 // the newest decision time of this product's commits so far: the instant at which lapses are counted
	Price int64
	Total int64
	Sold  int64
	Held  int64 // sum of qty over holds that are active or used, lapsed or not

	// Available is total - sold - reserved at AtUS. Where rows are not timed nothing lapses, and it is the least
	// that can have been available.
	Available int64

	// Low and High bound what was available at AtUS to anyone who decided inside the commit: a batch decides many
	// commands, one after another, and one of them may be refused between another's taking and a third one's
	// giving back. Low is what was available before, less all that the commit took; High is that plus all that it
	// gave back.
	Low, High int64
}
