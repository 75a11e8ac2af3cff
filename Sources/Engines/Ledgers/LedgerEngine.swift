import Cryptography
import Identity
import Kernel
import Storage
import Synchronization

/// Declared ledgers at work: every write is validated, scoped, kept in history and audited in the caller's transaction; every read passes the row scope.
///
/// The functions with `in:` are synchronous, for use inside a domain's transaction. Ledgers that an administrator defines while the server runs use the same engine.
package final class LedgerEngine: Sendable {
    package typealias Hook = @Sendable (LedgerChange, any Transaction) throws -> Void
    /// Draft, the row as it is (nil for a new one), who writes.
    package typealias Preparation = @Sendable (inout Draft, Record?, Principal, any Transaction) throws -> Void
    /// As a preparation, but it only reads: an import judges its rows with it while others write.
    package typealias Derivation = @Sendable (inout Draft, Record?, Principal, any Reader) throws -> Void

    private struct State {
        var plans: [String: LedgerPlan]
        var order: [String]
        var hooks: [String: [Hook]] = [:]
        var commonHooks: [Hook] = []
        var preparations: [String: [Preparation]] = [:]
        var derivations: [String: [Derivation]] = [:]
    }

    package let database: any Database
    package let dictionaries: Dictionaries
    package let clock: Clock
    /// What the description of the API says beside the ledgers.
    package let operations = APIOperationBook()
    let audit: AuditTrail
    private let keys: KeyRing
    private let state: Mutex<State>

    /// The engine adds its own ledger of dictionaries where the declarations do not have it.
    ///
    /// - Parameter keys: seal personal fields.
    package init(database: any Database, declarations: [LedgerDeclaration], dictionaries: Dictionaries, keys: KeyRing, audit: AuditTrail, clock: Clock) {
        self.database = database
        self.dictionaries = dictionaries
        self.keys = keys
        self.clock = clock
        self.audit = audit
        let all = declarations.contains { $0.name == DictionaryLedger.ledger.name } ? declarations : declarations + [DictionaryLedger.ledger]
        state = Mutex(State(plans: Dictionary(all.map { ($0.name, LedgerPlan($0, keys: keys)) }, uniquingKeysWith: { first, _ in first }), order: all.map(\.name)))
    }

    /// All ledgers in declared order, runtime ledgers last.
    package var declarations: [LedgerDeclaration] { state.withLock { state in state.order.compactMap { state.plans[$0]?.declaration } } }

    /// Also of ledgers defined at run time.
    package func declaration(_ name: String) -> LedgerDeclaration? { state.withLock { $0.plans[name]?.declaration } }

    /// What migrations must arrive at: declared ledgers and the engine's own tables; runtime tables are not among them.
    package var tables: [Table] { declarations.filter { !$0.isRuntime }.compactMap(\.table) + LedgerTables.all }

    /// Called inside the transaction of every change of a ledger, in the order registered. Registered before the server starts. A hook that throws undoes the change.
    package func onChange(of ledger: String, _ hook: @escaping Hook) { state.withLock { $0.hooks[ledger, default: []].append(hook) } }

    /// As the former, for every ledger, those defined at run time included; called after the ledger's own.
    package func onEveryChange(_ hook: @escaping Hook) { state.withLock { $0.commonHooks.append(hook) } }

    /// Called inside the transaction before a row is validated, whoever writes it: the place where a domain fills fields that people may not (numbers, states, what follows from other
    /// fields) and refuses what no field check can. Registered before the server starts.
    package func onPrepare(of ledger: String, _ preparation: @escaping Preparation) { state.withLock { $0.preparations[ledger, default: []].append(preparation) } }

    /// Called before the preparations, in the same places and in reads as well: fills fields from what is stored already. In an import the rows before it in the file may not be stored yet.
    package func onDerive(of ledger: String, _ derivation: @escaping Derivation) { state.withLock { $0.derivations[ledger, default: []].append(derivation) } }

    /// Adds declared codes that are missing, then takes dictionaries and runtime ledgers from the database. Called at start.
    package func load() async throws {
        let now = clock.now
        try await database.write { [dictionaries] tx in _ = try dictionaries.seed(in: tx, now: now) }
        try await reload()
    }

    /// What nodes tell each other when dictionaries or runtime ledgers have changed.
    package static let signal = "ledgers"

    /// Takes dictionaries and runtime ledgers as another node has left them.
    package func reload() async throws {
        try await database.read { [self] reader in
            try dictionaries.load(in: reader)
            try loadDefinitions(in: reader)
        }
    }

    // MARK: For the engine's own files

    func plan(_ name: String) throws -> LedgerPlan {
        guard let plan = state.withLock({ $0.plans[name] }) else { throw Failure(.notFound, "JW-L001", "没有名为“\(name)”的台账") }
        return plan
    }

    var keyVersion: Int { keys.currentVersion }

    /// Every plan in declared order.
    var plans: [LedgerPlan] { state.withLock { state in state.order.compactMap { state.plans[$0] } } }

    func knownPlan(_ name: String) -> LedgerPlan? { state.withLock { $0.plans[name] } }
    func hooks(of ledger: String) -> [Hook] { state.withLock { ($0.hooks[ledger] ?? []) + $0.commonHooks } }

    func hasPreparations(of ledger: String) -> Bool { state.withLock { $0.preparations[ledger]?.isEmpty == false } }

    /// The draft as the domain completes it.
    func prepared(_ draft: Draft, changing before: Record?, _ ledger: String, by principal: Principal, in tx: any Transaction) throws -> Draft {
        let preparations = state.withLock { $0.preparations[ledger] ?? [] }
        var complete = try derived(draft, changing: before, ledger, by: principal, in: tx)
        guard !preparations.isEmpty else { return complete }
        do {
            for preparation in preparations { try preparation(&complete, before, principal, tx) }
        } catch let failure as Failure where failure.kind == .invalid && !failure.fields.isEmpty {
            throw Failure.invalid(failure.fields + remaining(complete, changing: before, ledger, by: principal, beside: failure.fields))
        }
        complete.notePrepared(since: draft)
        return complete
    }

    /// What else is wrong with what a person may enter, so that one answer names it all.
    private func remaining(_ draft: Draft, changing before: Record?, _ ledger: String, by principal: Principal, beside named: [FieldFinding]) -> [FieldFinding] {
        guard let plan = knownPlan(ledger) else { return [] }
        var reading = DraftReading(plan, changing: before, inputContext(), .person, principal)
        reading.read(draft, changing: before)
        let known = Set(named.map(\.field))
        // What preparations fill would be found missing here.
        let open = Set(plan.fields.filter { !$0.field.marks.contains(.readOnly) }.map(\.field.name))
        return reading.findings.filter { open.contains($0.field) && !known.contains($0.field) }
    }

    /// The draft as far as reading completes it.
    func derived(_ draft: Draft, changing before: Record?, _ ledger: String, by principal: Principal, in reader: any Reader) throws -> Draft {
        let derivations = state.withLock { $0.derivations[ledger] ?? [] }
        guard !derivations.isEmpty else { return draft }
        var complete = draft
        for derivation in derivations { try derivation(&complete, before, principal, reader) }
        complete.notePrepared(since: draft)
        return complete
    }

    func install(_ declaration: LedgerDeclaration) {
        let plan = LedgerPlan(declaration, keys: keys)
        state.withLock { state in
            if state.plans.updateValue(plan, forKey: declaration.name) == nil { state.order.append(declaration.name) }
        }
    }

    func inputContext(acceptsTitles: Bool = false) -> InputContext {
        let now = clock.now
        return InputContext(dictionaries: dictionaries.snapshot, now: now, today: now.day, acceptsTitles: acceptsTitles)
    }
}
