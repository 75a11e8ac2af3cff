import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import Synchronization

/// Moves cases along their definitions. Everything runs inside the caller's transaction: case, steps, items, timeline, audit and notices together or not at all; nothing here waits or sends.
package final class WorkflowEngine: Sendable {
    package let database: any Database
    package let clock: Clock
    let dictionaries: Dictionaries
    let hooks: Hooks
    let links: MACKey
    private let effects = Mutex<[String: Effect]>([:])
    private let deadlines = Mutex<[String: Deadline]>([:])
    let book: Mutex<DefinitionBook>

    /// What a declaration names and a domain does, in the transaction of the transition. May change the case's data.
    package typealias Effect = @Sendable (inout WorkflowCase, Principal, any Transaction) throws -> Void

    /// Until when a step of one case may take; nil leaves what the definition says.
    package typealias Deadline = @Sendable (WorkflowCase, WorkflowStep, any Reader) throws -> StepLimit?

    /// What the engine asks of its neighbours, handed in by the wiring so that tests can watch.
    package struct Hooks: Sendable {
        /// Writes an audit row in the same transaction.
        package var audit: @Sendable (AuditEntry, Principal, any Transaction) throws -> Void
        /// Keeps a stored file from retention: a case refers to it.
        package var lock: @Sendable (String, any Transaction) throws -> Bool
        /// Posts what receivers are to be told, in the same transaction.
        package var notify: @Sendable (WorkflowNotice, any Transaction) throws -> Void

        package init(
            audit: @escaping @Sendable (AuditEntry, Principal, any Transaction) throws -> Void,
            lock: @escaping @Sendable (String, any Transaction) throws -> Bool = { _, _ in true },
            notify: @escaping @Sendable (WorkflowNotice, any Transaction) throws -> Void = { _, _ in }
        ) {
            self.audit = audit
            self.lock = lock
            self.notify = notify
        }
    }

    package init(declarations: [WorkflowDeclaration], database: any Database, dictionaries: Dictionaries, keys: KeyRing, hooks: Hooks, clock: Clock) {
        self.database = database
        self.dictionaries = dictionaries
        self.hooks = hooks
        self.clock = clock
        links = keys.mac(purpose: "workflow case")
        book = Mutex(DefinitionBook(declared: declarations))
    }

    /// Registers what an effect's name does; called before anything is served.
    package func onEffect(_ name: String, _ effect: @escaping Effect) { effects.withLock { $0[name] = effect } }

    /// Steps of this workflow that have a time limit ask here for the limit of the single case, such as one by its category; called before anything is served.
    package func onDeadline(of workflow: String, _ deadline: @escaping Deadline) { deadlines.withLock { $0[workflow] = deadline } }

    /// When a step that is opened now is due; nil for one without a time limit.
    func due(_ step: WorkflowStep, of item: WorkflowCase, _ reader: any Reader) throws -> Moment? {
        guard let declared = step.within else { return nil }
        switch try deadlines.withLock({ $0[item.workflow] })?(item, step, reader) ?? .within(declared) {
        case .at(let moment): return moment
        case .within(let time): return try WorkingCalendar.load(reader).deadline(time, from: clock.now)
        }
    }

    package var effectNames: Set<String> { effects.withLock { Set($0.keys) } }

    func run(_ names: [String], on item: inout WorkflowCase, by principal: Principal, in tx: any Transaction) throws {
        for name in names {
            guard let effect = effects.withLock({ $0[name] }) else { throw Failure(.unexpected, "JW-WF92", "流程动作未登记，请联系管理员", cause: "effect \(name)") }
            try effect(&item, principal, tx)
        }
    }

    /// Rows that a transaction will change are locked where several nodes write.
    func locking(_ tx: any Transaction) -> SQL { tx.dialect == .postgres ? " FOR UPDATE" : "" }

    package func sheet(_ fields: [Field]) -> FormSheet { FormSheet(fields, dictionaries: dictionaries, clock: clock) }

    /// Fills an empty calendar and reads the definitions; at start, after migrations. A declaration that the program changed becomes a new version, unless an administrator has edited since:
    /// then theirs stays live.
    ///
    /// - Throws: `.unexpected` `JW-WF94` when a definition names an effect that nobody registered.
    package func load() async throws {
        let unknown = Set(book.withLock { $0.declared.flatMap(\.effects) }).subtracting(effectNames)
        guard unknown.isEmpty else { throw Failure(.unexpected, "JW-WF94", "流程动作未登记：" + unknown.sorted().joined(separator: "、")) }
        try await database.write { [self] tx in
            try HolidayCalendar.seed(in: tx, now: clock.now)
            for declaration in book.withLock({ $0.declared }) { try keepDeclared(declaration, in: tx) }
            try refreshDefinitions(in: tx)
        }
    }

    /// The secret part of a case's page for the person concerned.
    package func linkCode(of caseId: Int64) -> String { String(links.tag("case \(caseId)").hex.prefix(32)) }

    /// The case that a link names; nil when the link was not made here.
    package func caseId(ofLink text: String) -> Int64? {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let id = Int64(parts[0]), constantTimeEqual(String(parts[1]), linkCode(of: id)) else { return nil }
        return id
    }
}
