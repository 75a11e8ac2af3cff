import Cryptography
import Kernel
import Ledgers
import Storage
import Synchronization

/// What judging asks of the vehicle ledgers, kept in memory by plate, so that neither a pass nor a look-up at the barrier waits for a question to the database.
///
/// Filled on demand, many plates in one read; a plate is forgotten after the commit of any change of its rows. Bounded: of two generations the older is dropped when the younger is full.
/// What another process writes is not seen here, so on a shared database nothing is kept.
package final class KnownVehicles: Sendable {
    /// One vehicle at one enterprise, as judging needs it.
    struct Vehicle: Sendable {
        var filing: PassJudge.Filing?
        var isInternal = false
        /// Also such as do not hold (any more).
        var authorisations: [EntryRule.Authorisation] = []
    }

    struct Asked: Hashable, Sendable {
        var org: Int64
        var plate: String
    }

    fileprivate struct Filed: Sendable {
        var color: String
        var filing: PassJudge.Filing
    }

    fileprivate struct Internal: Sendable {
        var color: String
        var validUntil: Int64?
    }

    fileprivate struct Authorised: Sendable {
        var color: String
        var authorisation: EntryRule.Authorisation
    }

    /// An enterprise's own cars and its authorisations by plate: few, so all of them are kept, and no vehicle needs a question of its own.
    fileprivate struct Fleet: Sendable {
        var own: [String: [Internal]] = [:]
        var authorised: [String: [Authorised]] = [:]
    }

    private struct State {
        var filings = Generations<String, [Filed]>()
        var fleets = Generations<Int64, Fleet>()
        /// Raised by every change; what was read before it is not kept.
        var changes = 0
    }

    /// Filings read at the start.
    private static let loaded = 20_000

    private let database: any Database
    private let state = Mutex(State())
    /// Opens the drivers' names.
    private let drivers = Mutex<FieldCipher?>(nil)

    init(database: any Database) { self.database = database }

    /// Hooks on the ledgers; once, before anything is served.
    func register(_ ledgers: LedgerEngine) {
        ledgers.onChange(of: RegisteredVehicle.ledger.name) { [self] change, tx in
            let plates = Set([change.before, change.after].compactMap { $0?[RegisteredVehicle.plateNo] })
            tx.afterCommit { [self] in
                state.withLock { state in
                    state.changes += 1
                    for plate in plates { state.filings[plate] = nil }
                }
            }
        }
        drivers.withLock { $0 = ledgers.cipher(of: EntryAuthorisation.ledger.name, "driver") }
        for name in [InternalVehicle.ledger.name, EntryAuthorisation.ledger.name] { forgetFleets(at: name, ledgers) }
    }

    private func forgetFleets(at ledger: String, _ ledgers: LedgerEngine) {
        ledgers.onChange(of: ledger) { [self] change, tx in
            let orgs = Set([change.before, change.after].compactMap { $0?.org })
            tx.afterCommit { [self] in
                state.withLock { state in
                    state.changes += 1
                    for org in orgs { state.fleets[org] = nil }
                }
            }
        }
    }

    /// The newest filings, so that the first passes after a start need not ask for each; before anything is served.
    func load() async throws {
        guard database.dialect == .sqlite else { return }
        let filed = try await database.read { reader in
            var filed: [String: [Filed]] = [:]
            // All filings of a plate, also those that are not among the newest.
            let newest: SQL = "SELECT plate_no FROM registered_vehicle WHERE deleted_at IS NULL ORDER BY id DESC LIMIT \(KnownVehicles.loaded)"
            try reader.each("SELECT plate_no, plate_color, \(PassJudge.filingColumns) FROM registered_vehicle WHERE plate_no IN (\(newest)) AND deleted_at IS NULL") { row in
                filed[row[0].text ?? "", default: []].append(Filed(color: row[1].text ?? "", filing: PassJudge.Filing(row, from: 2)))
                return true
            }
            return filed
        }
        state.withLock { state in for (plate, filed) in filed { state.filings[plate] = filed } }
    }

    /// A vehicle was seen; the row said so, too.
    func noteVisit(_ plate: String, filing: Int64, at moment: Moment) {
        state.withLock { state in
            guard var filed = state.filings[plate], let index = filed.firstIndex(where: { $0.filing.id == filing }) else { return }
            filed[index].filing.lastPassAt = moment
            state.filings[plate] = filed
        }
    }

    /// What is known of vehicles at enterprises.
    struct Answer: Sendable {
        fileprivate var filings: [String: [Filed]] = [:]
        fileprivate var fleets: [Int64: Fleet] = [:]

        func vehicle(_ subject: PassJudge.Subject, org: Int64) -> Vehicle {
            let plate = subject.plate.text
            let color = subject.color.rawValue
            let inside = fleets[org]?.own[plate]?.first { $0.color == color }
            let isInternal = inside.map { entry in entry.validUntil.map { Int64(subject.at.day.number) <= $0 } ?? true } ?? false
            return Vehicle(
                filing: PassJudge.best(of: filings[plate]?.lazy.filter { $0.color == color }.map(\.filing) ?? [], for: org), isInternal: isInternal,
                authorisations: fleets[org]?.authorised[plate]?.lazy.filter { $0.color == color }.map(\.authorisation) ?? [])
        }
    }

    /// - Throws: `.unavailable` when vehicles not yet known cannot be read.
    func answer(_ asked: Set<Asked>) async throws -> Answer {
        let (known, plates, orgs, changes) = look(asked)
        guard !plates.isEmpty || !orgs.isEmpty else { return known }
        let drivers = drivers.withLock { $0 }
        let read = try await database.read { reader in try KnownVehicles.read(plates, orgs, drivers, in: reader) }
        if database.dialect == .sqlite {
            state.withLock { state in
                guard state.changes == changes else { return }
                for (plate, filed) in read.filings { state.filings[plate] = filed }
                for (org, fleet) in read.fleets { state.fleets[org] = fleet }
            }
        }
        return Answer(filings: known.filings.merging(read.filings) { $1 }, fleets: known.fleets.merging(read.fleets) { $1 })
    }

    /// What is in memory already.
    ///
    /// - Returns: nil when anything must be read.
    func known(_ asked: Set<Asked>) -> Answer? {
        let (known, plates, orgs, _) = look(asked)
        return plates.isEmpty && orgs.isEmpty ? known : nil
    }

    private func look(_ asked: Set<Asked>) -> (known: Answer, plates: Set<String>, orgs: Set<Int64>, changes: Int) {
        state.withLock { state in
            var known = Answer()
            var plates: Set<String> = []
            var orgs: Set<Int64> = []
            for one in asked {
                if let filed = state.filings[one.plate] { known.filings[one.plate] = filed } else { plates.insert(one.plate) }
                if let fleet = state.fleets[one.org] { known.fleets[one.org] = fleet } else { orgs.insert(one.org) }
            }
            return (known, plates, orgs, state.changes)
        }
    }

    private static func read(_ plates: Set<String>, _ orgs: Set<Int64>, _ drivers: FieldCipher?, in reader: any Reader) throws -> Answer {
        var answer = Answer()
        for plate in plates { answer.filings[plate] = [] }
        for plates in chunks(Array(plates)) {
            try reader.each("SELECT plate_no, plate_color, \(PassJudge.filingColumns) FROM registered_vehicle WHERE plate_no IN (\(list: plates)) AND deleted_at IS NULL") { row in
                answer.filings[row[0].text ?? "", default: []].append(Filed(color: row[1].text ?? "", filing: PassJudge.Filing(row, from: 2)))
                return true
            }
        }
        for org in orgs {
            var fleet = Fleet()
            try reader.each(SQL(text: fleetOfOne, arguments: [.int(org)])) { row in
                fleet.own[row[0].text ?? "", default: []].append(Internal(color: row[1].text ?? "", validUntil: row[2].int))
                return true
            }
            try reader.each(SQL(text: authorisationsOfOne, arguments: [.int(org)])) { row in
                let driver = row[5].text.flatMap { $0.isEmpty ? nil : (try? drivers?.open($0)) ?? $0 }
                let authorisation = EntryRule.Authorisation(
                    id: row[2].int ?? 0, gates: EntryRule.list(row[3].text), cargo: EntryRule.list(row[4].text), driver: driver,
                    from: row[6].int.flatMap { Day(number: Int($0)) }, until: row[7].int.flatMap { Day(number: Int($0)) })
                fleet.authorised[row[0].text ?? "", default: []].append(Authorised(color: row[1].text ?? "", authorisation: authorisation))
                return true
            }
            answer.fleets[org] = fleet
        }
        return answer
    }

    private static let fleetOfOne = "SELECT plate_no, plate_color, valid_until FROM internal_vehicle WHERE org = ? AND deleted_at IS NULL"

    private static let authorisationsOfOne =
        "SELECT plate_no, plate_color, id, gate_nos, cargo, driver, valid_from, valid_until FROM entry_authorisation WHERE org = ? AND deleted_at IS NULL ORDER BY id"

    /// In few sizes, the last plate repeated, so that few statements are prepared.
    private static func chunks(_ plates: [String]) -> [[String]] {
        stride(from: 0, to: plates.count, by: 512).map { start in
            var chunk = Array(plates[start..<min(start + 512, plates.count)])
            let size = chunk.count <= 1 ? 1 : chunk.count <= 8 ? 8 : chunk.count <= 64 ? 64 : 512
            if let last = chunk.last { chunk += Array(repeating: last, count: size - chunk.count) }
            return chunk
        }
    }
}

/// A bounded dictionary: when the younger half is full the older is dropped; what is asked for stays young.
struct Generations<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let half = 50_000

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            keep(value, for: key)
            return value
        }
        set {
            old[key] = nil
            guard let newValue else {
                young[key] = nil
                return
            }
            keep(newValue, for: key)
        }
    }

    private mutating func keep(_ value: Value, for key: Key) {
        if young.count >= half {
            old = young
            young = [:]
        }
        young[key] = value
    }
}
