package replay

// judgeProduct holds the counters of a product against its rows, after a commit that concerned it. A commit
// answers for what it made worse: of an oversale that lasts, the commits that bought nothing are innocent.
func (m *Machine) judgeProduct(p *product) {
	m.judgeTaken(p)
	m.judgeHeld(p)
	m.judgeSold(p)
}

func (m *Machine) judgeTaken(p *product) {
	m.exercised[stockNeverOversold]++
	f := Finding{IDs: ids{"product_id": p.id}}
	was := p.entry.sold - p.entry.total
	if over := p.sold - p.total; over > 0 && over > was {
		f.What, f.Severity = "A commit left more sold than there was.", over
		f.Expected, f.Found = "at most "+number(p.total)+" sold", number(p.sold)+" sold"
		m.accuse(stockNeverOversold, f)
	}
	if over := -p.available(); m.options.Timed && over > 0 && over > -p.entry.available {
		f.What, f.Severity = "A commit left more sold and reserved than there was.", over
		f.Expected, f.Found = "at most "+number(p.total)+" taken", number(p.total+over)+" taken"
		f.Values = map[string]string{"sold": number(p.sold), "reserved": number(p.held - p.lapsed)}
		m.accuse(stockNeverOversold, f)
	}
}

func (m *Machine) judgeHeld(p *product) {
	gap := p.stockHeld - p.held
	if !m.keeps.held || gap == 0 || gap == p.entry.heldGap {
		return
	}
	m.accuse(stockNeverOversold, Finding{What: "A commit left stock_held other than the sum over active and used holds.",
		IDs: ids{"product_id": p.id}, Severity: max(gap, -gap),
		Expected: "stock_held = " + number(p.held), Found: number(p.stockHeld)})
}

// judgeSold compares stock_sold with the paid orders; where orders were paid, an increase by anything else means
// that part of the effect is not in the payment's transaction.
func (m *Machine) judgeSold(p *product) {
	paid, sold := p.paid-p.entry.paid, p.sold-p.entry.sold
	if paid != 0 || sold != 0 {
		m.exercised[soldMatchesPaid]++
	}
	if gap := p.sold - p.paid; gap != 0 && gap != p.entry.sold-p.entry.paid {
		m.accuse(soldMatchesPaid, Finding{What: "A commit left stock_sold other than what the paid orders add up to.",
			IDs: ids{"product_id": p.id}, Severity: max(gap, -gap),
			Expected: "stock_sold = " + number(p.paid), Found: "stock_sold = " + number(p.sold)})
	}
	if paid > 0 && sold != paid && m.keeps.outcomes {
		m.accuse(eventAtomic, Finding{What: "A commit paid orders without counting them in stock_sold.",
			IDs: ids{"product_id": p.id}, Severity: max(paid-sold, sold-paid),
			Expected: "stock_sold raised by " + number(paid), Found: "by " + number(sold)})
	}
}

// steps tells how the commit left the products that it concerned.
func (m *Machine) steps() []ProductStep {
	for _, p := range m.touched.products {
		m.touched.steps = append(m.touched.steps, p.step())
	}
	return m.touched.steps
}

// step tells how the product stands, and what was available inside the commit. A payment takes by stock_sold what
// it gives back by its hold: a completed hold counts as taken until it is paid for by stock_sold, and only what
// stock_sold changes beyond that is on its own account.
func (p *product) step() ProductStep {
	e := p.entry
	e.gain(e.completed - (p.sold - e.sold))
	return ProductStep{
		ID: p.id, AtUS: p.now, Price: p.price, Total: p.total, Sold: p.sold, Held: p.held,
		Available: p.available(), Low: e.available - e.taken - e.hidden, High: e.available + e.given + e.hidden,
	}
}

// Product tells how a product stands after the last commit; Low and High are Available.
func (m *Machine) Product(id int64) (s ProductStep, known bool) {
	p := m.product(id)
	if p == nil {
		return s, false
	}
	s = p.step()
	s.Low, s.High = s.Available, s.Available
	return s, true
}
