package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Ready returns nil when every server says that it is ready, and a product can be read at every address that clients
// know, each within a second.
func (l *Lab) Ready(ctx context.Context) error {
	var urls []string
	for _, admin := range l.AdminURLs() {
		urls = append(urls, readiness(admin))
	}
	if products := l.options.Products; len(products) > 0 {
		for _, url := range l.URLs() {
			urls = append(urls, fmt.Sprintf("%s/api/products/%d", url, products[0].ID))
		}
	}
	errs := make([]error, len(urls))
	var all sync.WaitGroup
	for i, url := range urls {
		all.Go(func() { errs[i] = answers(ctx, url) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// readiness is where a server with this admin URL says whether it is ready.
func readiness(admin string) string { return admin + "/readyz" }

// answerWait bounds the wait for one answer of a server that should be sound.
const answerWait = time.Second

// answers says what keeps a URL from answering 200 within answerWait.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	answer, err := fetch(ctx, url)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// fetch asks once, over a connection of its own, and gives any answer but 200 as an error.
func fetch(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Close = true
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return answer, nil
}
