package scale

import (
	"context"

	"flashsale/internal/bench"
	"flashsale/internal/lab"
)

// kind is a sweep that can be made.
type kind struct {
	name        string
	setting     string // what is varied, in the plural, which ends in s
	title       string
	question    string // what the sweep answers, for people
	points      []int64
	least, most int64 // of the points that may be asked for
	setUp       func(ctx context.Context, s *stage, points []int64) ([]line, error)
}

// line is one kind of work of a sweep, and what does it at each of the points.
type line struct {
	name  string
	cells []cell
}

// fsync is the sweep that needs databases which may lose commits.
const fsync = "fsync"

// manyProducts is what a load spreads over where it is to spread, and products are not what is swept.
const manyProducts = 100

func kinds() []kind {
	return []kind{
		{name: "connections", setting: "connections", title: "Connections", least: 1, most: ConnectionsMax,
			question: "Buyers at once: what arrives while a transaction is under way shares the next one.",
			points:   []int64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}, setUp: sweepConnections},
		{name: "active-holds", setting: "active holds", title: "Active holds", least: 0, most: bench.HoldsMost,
			question: "Holds that the product already has, each point on a database of its own: admission counts none of them.",
			points:   []int64{0, 1000, 10_000, 100_000, 1_000_000}, setUp: sweepActiveHolds},
		{name: "products", setting: "products", title: "Products", least: 1, most: 1_000_000,
			question: "The same load spread evenly over more products: every product has transactions of its own.",
			points:   []int64{1, 10, 100, 1000, 10_000}, setUp: sweepProducts},
		{name: "replicas", setting: "servers", title: "Servers on one database", least: 1, most: 16,
			question: "The same load dealt out to more servers: the database orders them by the product's lock.",
			points:   []int64{1, 2, 3, 4}, setUp: sweepReplicas},
		{name: "batch", setting: "commands", title: "The limit of a batch", least: 1, most: 4096,
			question: "How many commands one transaction may commit at most.",
			points:   []int64{1, 2, 8, 32, 128, 512}, setUp: sweepBatch},
		{name: fsync, setting: "connections", title: "What durability costs", least: 1, most: ConnectionsMax,
			question: "Every commit on disk before its answer, against a database that flushes once a second.",
			points:   []int64{1, 16, 256}, setUp: sweepFsync},
	}
}

// everyPoint makes a cell of each point.
func everyPoint(name string, points []int64, at func(point int64) cell) line {
	l := line{name: name}
	for _, p := range points {
		l.cells = append(l.cells, at(p))
	}
	return l
}

func sweepConnections(ctx context.Context, s *stage, points []int64) ([]line, error) {
	l, err := s.start(ctx, lab.Options{}, 1)
	return []line{everyPoint("holds", points, func(connections int64) cell {
		return cell{lab: l, servers: 1, connections: int(connections), products: 1}
	})}, err
}

func sweepActiveHolds(ctx context.Context, s *stage, points []int64) ([]line, error) {
	labs := map[int64]*lab.Lab{}
	for _, holds := range points {
		l, err := s.start(ctx, lab.Options{}, 1)
		if err == nil {
			err = s.holdActive(ctx, l, holds)
		}
		if err != nil {
			return nil, err
		}
		labs[holds] = l
	}
	at := func(read bool) func(int64) cell {
		return func(holds int64) cell {
			return cell{lab: labs[holds], servers: 1, connections: s.options.Connections, products: 1, read: read}
		}
	}
	return []line{everyPoint("holds", points, at(false)), everyPoint("product reads", points, at(true))}, nil
}

func sweepProducts(ctx context.Context, s *stage, points []int64) ([]line, error) {
	l, err := s.start(ctx, lab.Options{}, points[len(points)-1])
	return []line{everyPoint("holds", points, func(products int64) cell {
		return cell{lab: l, servers: 1, connections: s.options.Connections, products: products}
	})}, err
}

func sweepReplicas(ctx context.Context, s *stage, points []int64) ([]line, error) {
	l, err := s.start(ctx, lab.Options{Replicas: int(points[len(points)-1])}, manyProducts)
	at := func(products int64) func(int64) cell {
		return func(servers int64) cell {
			return cell{lab: l, servers: int(servers), connections: s.options.Connections, products: products}
		}
	}
	return []line{everyPoint("holds on 1 product", points, at(1)),
		everyPoint("holds on 100 products", points, at(manyProducts))}, err
}

func sweepBatch(ctx context.Context, s *stage, points []int64) ([]line, error) {
	labs := map[int64]*lab.Lab{}
	for _, limit := range points {
		l, err := s.start(ctx, lab.Options{BatchMax: int(limit)}, 1)
		if err != nil {
			return nil, err
		}
		labs[limit] = l
	}
	return []line{everyPoint("holds", points, func(limit int64) cell {
		return cell{lab: labs[limit], servers: 1, connections: s.options.Connections, products: 1}
	})}, nil
}

func sweepFsync(ctx context.Context, s *stage, points []int64) ([]line, error) {
	var lines []line
	for _, unsafe := range []bool{false, true} {
		l, err := s.start(ctx, lab.Options{UnsafeNoFlush: unsafe}, 1)
		if err != nil {
			return nil, err
		}
		name := "durable"
		if unsafe {
			name = "not durable"
		}
		lines = append(lines, everyPoint(name, points, func(connections int64) cell {
			return cell{lab: l, servers: 1, connections: int(connections), products: 1}
		}))
	}
	return lines, nil
}
