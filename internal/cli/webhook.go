package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
)

// webhookTimeout bounds one delivery by hand; webhookAnswerMax what is read of the answer.
const webhookTimeout, webhookAnswerMax = 10 * time.Second, 64 << 10

func newWebhook() *cobra.Command {
	cmd := &cobra.Command{Use: "webhook send", Short: "Send payment webhooks by hand", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newWebhookSend())
	return cmd
}

func newWebhookSend() *cobra.Command {
	var hook api.Webhook
	var target, secretFile string
	cmd := &cobra.Command{Use: "send --order N --status success|failure", Short: "Sign and send one webhook, to finish a purchase by hand",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case hook.OrderID < 1:
				return badInput("--order %d: give the order's id", hook.OrderID)
			case hook.Status != api.PaymentSuccess && hook.Status != api.PaymentFailure:
				return badInput("--status %q: success or failure", hook.Status)
			}
			base, err := url.Parse(target)
			if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
				return badInput("--target %q: give a URL like http://127.0.0.1:8080", target)
			}
			secrets, err := readSecrets(secretFile)
			if err != nil {
				return refuse(err)
			}
			if hook.IdempotencyKey == "" {
				hook.IdempotencyKey = "by-hand-" + rand.Text()
			}
			return sendWebhook(cmd.Context(), cmd.OutOrStdout(), strings.TrimSuffix(target, "/"), secrets, hook)
		}}
	flags := cmd.Flags()
	flags.Int64Var(&hook.OrderID, "order", 0, "the order's id")
	flags.StringVar(&hook.Status, "status", "", "success or failure")
	flags.StringVar(&hook.IdempotencyKey, "key", "", "idempotency key; drawn if not given")
	flags.StringVar(&target, "target", "http://127.0.0.1:8080", "the server")
	flags.StringVar(&secretFile, "webhook-secret-file", "", "file with the webhook secret; unsigned if not given")
	return cmd
}

// sendWebhook delivers one event and prints the answer. A refusal is exit code 1.
func sendWebhook(ctx context.Context, out io.Writer, target string, secrets []string, hook api.Webhook) error {
	body, err := json.Marshal(hook)
	if err != nil {
		return cannot(err)
	}
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target+api.PathWebhook, bytes.NewReader(body))
	if err != nil {
		return cannot(err)
	}
	request.Header.Set("Content-Type", api.ContentTypeJSON)
	if len(secrets) > 0 {
		if err := sign(request.Header, secrets[0], hook.IdempotencyKey, body); err != nil {
			return refuse(err)
		}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return cannot(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, webhookAnswerMax))
	if err != nil {
		return cannot(fmt.Errorf("read the answer: %w", err))
	}
	fmt.Fprintf(out, "%d %s\n", answer.StatusCode, bytes.TrimSpace(text))
	if answer.StatusCode != http.StatusOK {
		return verdict(1)
	}
	return nil
}

func sign(header http.Header, secret, id string, body []byte) error {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return fmt.Errorf("the webhook secret is not whsec_ and base64")
	}
	now := time.Now()
	signature, err := hook.Sign(id, now, body)
	if err != nil {
		return err
	}
	header.Set(api.HeaderWebhookID, id)
	header.Set(api.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(api.HeaderWebhookSignature, signature)
	return nil
}
