import Storage

/// Every table of this engine.
package enum ScheduleTables {
    package static let tables: [Table] = Outbox.tables + Leadership.tables + Scheduler.tables + LongTasks.tables + NodeBook.tables
}
