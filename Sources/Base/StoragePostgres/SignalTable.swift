import Kernel
import Storage

/// What nodes tell each other, kept for an hour so that a node that was away reads what it missed. Not part of the declared schema: it belongs to this module, as the writer's lock does.
///
/// Rows are in the order of commits because one node writes at a time, so a reader's cursor is one number.
enum SignalTable {
    static let name = "node_signals"
    static let channel = "jianwei_signals"

    static let creation =
        "CREATE TABLE IF NOT EXISTS \(name) (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, node TEXT NOT NULL, topic TEXT NOT NULL, body TEXT NOT NULL, "
        + "at TIMESTAMPTZ NOT NULL DEFAULT now())"

    /// Writes signals in the transaction that causes them and wakes the other nodes at its commit; the same signal twice is one.
    static func send(_ signals: [Signal], on connection: PostgresConnection) throws {
        var seen: Set<Signal> = []
        for signal in signals where seen.insert(signal).inserted {
            _ = try connection.execute("INSERT INTO node_signals (node, topic, body) VALUES (current_setting('application_name'), \(signal.topic), \(signal.body))")
        }
        _ = try connection.rows("SELECT pg_notify('jianwei_signals', current_schema())")
    }

    static func last(on connection: PostgresConnection) throws -> Int64 { try connection.rows("SELECT COALESCE(MAX(id), 0) FROM node_signals").first?[0].int ?? 0 }

    /// Signals of other nodes after `id`, with the id to go on from.
    static func after(_ id: Int64, on connection: PostgresConnection) throws -> (signals: [Signal], last: Int64) {
        let rows = try connection.rows("SELECT id, topic, body, node = current_setting('application_name') AS is_own FROM node_signals WHERE id > \(id) ORDER BY id LIMIT 1000")
        let signals = rows.filter { !$0.bool("is_own") }.map { Signal(topic: $0.text("topic") ?? "", body: $0.text("body") ?? "") }
        return (signals, rows.last?.int("id") ?? id)
    }

    /// - Returns: false when rows after `id` may have been removed already.
    static func stillHas(after id: Int64, on connection: PostgresConnection) throws -> Bool {
        guard let first = try connection.rows("SELECT MIN(id) FROM node_signals").first?[0].int else { return false }
        return first <= id + 1
    }

    static let trimming = "DELETE FROM node_signals WHERE at < now() - interval '1 hour' AND id < (SELECT MAX(id) FROM node_signals)"
}
