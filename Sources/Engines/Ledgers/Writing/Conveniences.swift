import Identity
import Kernel
import Storage

/// One call, one transaction, on behalf of a person: read-only ledgers and fields are closed here.
extension LedgerEngine {
    package func create(_ ledger: String, _ draft: Draft, by principal: Principal) async throws -> Record {
        try await database.write { [self] in try create(ledger, draft, by: principal, origin: .person, in: $0) }
    }

    package func update(_ ledger: String, id: Int64, _ draft: Draft, expectedVersion: Int?, by principal: Principal) async throws -> Record {
        try await database.write { [self] in try update(ledger, id: id, draft, expectedVersion: expectedVersion, by: principal, origin: .person, in: $0) }
    }

    package func upsert(_ ledger: String, _ draft: Draft, by principal: Principal) async throws -> (Record, Upsert) {
        try await database.write { [self] in try upsert(ledger, draft, by: principal, origin: .person, in: $0) }
    }

    package func delete(_ ledger: String, id: Int64, reason: String, by principal: Principal) async throws {
        try await database.write { [self] in try delete(ledger, id: id, reason: reason, by: principal, origin: .person, in: $0) }
    }

    package func restore(_ ledger: String, id: Int64, by principal: Principal) async throws {
        try await database.write { [self] in try restore(ledger, id: id, by: principal, origin: .person, in: $0) }
    }

    package func find(_ ledger: String, id: Int64, by principal: Principal) async throws -> Record? {
        try await database.read { [self] in try find(ledger, id: id, by: principal, in: $0) }
    }

    package func list(_ query: LedgerQuery, by principal: Principal) async throws -> LedgerPage {
        try await database.read(within: patience(with: query.ledger)) { [self] in try list(query, by: principal, in: $0) }
    }

    /// How long a list may take: of very many rows one that has to read them all is answered with a wish for narrower conditions (`JW-S004`) instead of a page that does not come.
    package func patience(with ledger: String) -> Duration { declaration(ledger)?.isLarge == true ? .seconds(10) : .seconds(30) }

    package func history(_ ledger: String, id: Int64, by principal: Principal) async throws -> [HistoryEntry] {
        try await database.read { [self] in try history(ledger, id: id, by: principal, in: $0) }
    }

    package func statistics(_ query: LedgerQuery, dimensions: [Dimension], measures: [Measure], by principal: Principal) async throws -> StatisticsTable {
        try await database.read(within: .seconds(10)) { [self] in try statistics(query, dimensions: dimensions, measures: measures, by: principal, in: $0) }
    }
}
