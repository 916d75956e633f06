// Package decide is the rule book of the checkout: what a hold, an order, a payment or a sweep does to
// one product, given the rows that one transaction has locked and the database's time. It is pure: no
// clock, no database, no randomness, so every rule can be tested as a table and fuzzed. A Round takes
// the rows as a State, decides commands in order, and yields one Answer a command plus the Changes to
// write; the caller commits the changes before it gives anybody an answer. The rule that must never
// break: stock_sold + stock_held <= stock_total after every command.
package decide
