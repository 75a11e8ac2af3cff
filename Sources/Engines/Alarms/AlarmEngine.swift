import Identity
import Kernel
import Storage

/// Takes signals in, keeps alarms, their evidence and their figures. Everything runs inside the caller's transaction; nothing here waits, sends or renders.
package final class AlarmEngine: Sendable {
    package let kinds: [AlarmKind]
    let byName: [String: AlarmKind]
    let clock: Clock
    let hooks: Hooks
    /// Pieces of evidence kept on one alarm; occurrences beyond it are only counted, so that one runaway source fills no disk.
    let evidenceLimit: Int
    package let book: AlarmBook
    package let faces = AlarmFaces()

    /// What the engine asks of its neighbours, handed in by the wiring so that tests can watch.
    package struct Hooks: Sendable {
        /// Writes an audit row in the same transaction.
        package var audit: @Sendable (AuditEntry, Principal, any Transaction) throws -> Void
        /// Locks a stored file against retention; called for each picture and document that becomes evidence. False when the file is not here.
        package var lock: @Sendable (String, any Transaction) throws -> Bool
        /// Posts messages about it, in the same transaction.
        package var notify: @Sendable (AlarmNotice, any Transaction) throws -> Void
        /// Tells live pages, after the commit.
        package var announce: @Sendable (AlarmNotice) -> Void

        package init(
            audit: @escaping @Sendable (AuditEntry, Principal, any Transaction) throws -> Void,
            lock: @escaping @Sendable (String, any Transaction) throws -> Bool,
            announce: @escaping @Sendable (AlarmNotice) -> Void = { _ in }, notify: @escaping @Sendable (AlarmNotice, any Transaction) throws -> Void = { _, _ in }
        ) {
            self.audit = audit
            self.lock = lock
            self.announce = announce
            self.notify = notify
        }
    }

    package init(kinds: [AlarmKind], hooks: Hooks, clock: Clock, evidenceLimit: Int = 2000, book: AlarmBook = AlarmBook()) {
        self.kinds = kinds
        byName = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.hooks = hooks
        self.clock = clock
        self.evidenceLimit = evidenceLimit
        self.book = book
    }

    /// The declaration of a kind; nil for kinds of Features that are not installed (their old alarms stay readable).
    package func kind(_ name: String) -> AlarmKind? { byName[name] }

    /// The kind's title, or its name where no Feature declares it any more.
    package func title(ofKind name: String) -> String { byName[name]?.title ?? name }

    /// Rows that a transaction will change are locked where several nodes write.
    func locking(_ tx: any Transaction) -> SQL { tx.dialect == .postgres ? " FOR UPDATE" : "" }
}

/// What live pages are told about an alarm after the commit. Scoped by `org` and `area`.
package struct AlarmNotice: Sendable, Equatable, Codable {
    /// What nodes tell each other of alarms; the body is the notice in JSON.
    package static let signal = "alarm"

    package enum Change: String, Sendable, Codable { case opened, merged, moved, evidence }

    package var change: Change
    package var id: Int64
    package var number: String
    package var kind: String
    package var grade: AlarmGrade
    package var state: AlarmState
    package var title: String
    package var org: Int64?
    package var area: String?
    package var times: Int
    /// The name of `org`, for lines that stand without context.
    package var orgName = ""
    /// 1 is the most urgent.
    package var urgency = 4
    /// A push rule speaks of it.
    package var isPushed = false

    /// `{"change":"opened","id":12,…}` as pages receive it.
    package var json: JSONValue {
        [
            "change": .string(change.rawValue), "id": .int(id), "number": .string(number), "kind": .string(kind), "grade": .int(Int64(grade.rawValue)),
            "gradeTitle": .string(grade.title),
            "urgency": .int(Int64(urgency)), "state": .string(state.rawValue), "title": .string(title), "times": .int(Int64(times)),
        ]
    }
}
