package counter

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// takeScript takes ARGV[1] units of KEYS[1] if as many are left, in one atomic step. It answers what is left of them,
// or, where there were too few, minus one minus what is left: one call to count, and a second only to refuse.
const takeScript = `local left = redis.call('DECRBY', KEYS[1], ARGV[1])
if left >= 0 then return left end
return -1 - redis.call('INCRBY', KEYS[1], ARGV[1])`

// Redis counts in a Redis server, with concurrent calls sent together on a few connections. It implements
// server.Counter.
type Redis struct {
	client rueidis.Client
	take   *rueidis.Lua
	stock  map[int64]int64
	keys   map[int64]string
}

// flushDelay lets a pipeline gather more calls before it is sent: the server's and Redis's cores are the same ones, and
// every system call saved is a hold more. Of 0, 20, 100 and 200 us, on one connection and on two, this was the fastest
// with 256 clients, by a quarter over no delay at all.
const flushDelay = 100 * time.Microsecond

// callTimeout bounds every call, for a Redis that does not answer.
const callTimeout = 5 * time.Second

// NewRedis connects to the Redis server at host:port and sets each product's counter to its stock.
func NewRedis(ctx context.Context, addr string, stock map[int64]int64) (*Redis, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{addr}, ForceSingleClient: true, DisableCache: true,
		PipelineMultiplex: -1, // one connection: the fewest system calls, and Redis has one thread in any case
		AlwaysPipelining:  true, MaxFlushDelay: flushDelay,
		ConnWriteTimeout: callTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to redis at %s: %w", addr, err)
	}
	r := &Redis{client: client, take: rueidis.NewLuaScript(takeScript), stock: stock, keys: map[int64]string{}}
	for productID, units := range stock {
		r.keys[productID] = "stock:" + strconv.FormatInt(productID, 10)
		set := client.B().Set().Key(r.keys[productID]).Value(strconv.FormatInt(units, 10)).Build()
		if err := client.Do(ctx, set).Error(); err != nil {
			client.Close()
			return nil, fmt.Errorf("set the stock of product %d in redis: %w", productID, err)
		}
	}
	return r, nil
}

// Close closes the connections.
func (r *Redis) Close() { r.client.Close() }

// Take takes qty units of a product if as many are left. Grants of one product are numbered by what they leave, which
// saves counting twice.
func (r *Redis) Take(productID, qty int64) (id, left int64, granted bool, err error) {
	key, found := r.keys[productID]
	if !found {
		return 0, 0, false, fmt.Errorf("product %d has no counter", productID)
	}
	left, err = r.take.Exec(context.Background(), r.client, []string{key}, []string{strconv.FormatInt(qty, 10)}).AsInt64()
	switch {
	case err != nil:
		return 0, 0, false, fmt.Errorf("redis: %w", err)
	case left < 0:
		return 0, -1 - left, false, nil
	}
	return r.stock[productID] - left, left, true, nil
}

// Left is what is left of a product.
func (r *Redis) Left(productID int64) (int64, error) {
	key, found := r.keys[productID]
	if !found {
		return 0, fmt.Errorf("product %d has no counter", productID)
	}
	left, err := r.client.Do(context.Background(), r.client.B().Get().Key(key).Build()).AsInt64()
	if err != nil {
		return 0, fmt.Errorf("redis: %w", err)
	}
	return left, nil
}
