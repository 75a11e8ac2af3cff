import Kernel
import Storage
import Synchronization

/// The published sets: versions in the table `rule_sets`, compiled in memory. Reading is free of the database; publishing replaces the memory after the commit.
package final class RuleBook: Sendable {
    package static let table = Table(
        "rule_sets",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true),
            Column("effective_at", .integer, required: true),
            Column("created_at", .integer, required: true), Column("created_by", .integer, required: true), Column("note", .text),
        ],
        indexes: [Index("name", "version", unique: true), Index("name", "effective_at")]
    )

    private let vocabularies: [String: [FactDeclaration]]
    private let clock: Clock
    /// By set, newest effective moment first.
    private let sets = Mutex<[String: [CompiledRuleSet]]>([:])

    /// - Parameters:
    ///   - defaults: sets that hold while the table has none of their name.
    ///   - vocabularies: by set name, the facts that its rules may ask for.
    package init(defaults: [RuleSet] = [], vocabularies: [String: [FactDeclaration]] = [:], clock: Clock) {
        self.vocabularies = vocabularies
        self.clock = clock
        let compiled = Dictionary(grouping: defaults.map { CompiledRuleSet($0, vocabulary: vocabularies[$0.name] ?? []) }, by: \.set.name)
        sets.withLock { $0 = compiled.mapValues(sortedByMoment) }
    }

    package func vocabulary(of name: String) -> [FactDeclaration] { vocabularies[name] ?? [] }

    /// The version in force at a moment; nil where none is yet.
    package func rules(_ name: String, at moment: Moment? = nil) -> CompiledRuleSet? {
        let moment = moment ?? clock.now
        return sets.withLock { sets in sets[name]?.first { $0.set.effectiveFrom <= moment } }
    }

    /// Takes all versions from the database: at start, and when another node published.
    package func load(in reader: any Reader) throws {
        var loaded: [String: [CompiledRuleSet]] = [:]
        for row in try reader.rows("SELECT name, body FROM rule_sets ORDER BY name, version") {
            guard let name = row[0].text, let body = row[1].text, let json = try? JSONValue(parsing: body) else { continue }
            loaded[name, default: []].append(CompiledRuleSet(try RuleSet(json: json), vocabulary: vocabulary(of: name)))
        }
        let all = loaded.mapValues(sortedByMoment)
        sets.withLock { $0.merge(all) { _, new in new } }
    }

    /// Stores the next version; its number is given here.
    ///
    /// - Returns: the set as published, in force from `effectiveFrom` on once the transaction has committed.
    /// - Throws: `.invalid` `JW-R002` with every fault.
    @discardableResult
    package func publish(_ set: RuleSet, note: String = "", by user: Int64, in tx: any Transaction) throws -> RuleSet {
        let faults = set.faults(vocabulary: vocabulary(of: set.name))
        guard faults.isEmpty else { throw RuleFailure.unsound(faults) }
        var set = set
        let stored = try tx.value("SELECT max(version) FROM rule_sets WHERE name = \(set.name)")?.int ?? 0
        set.version = max(Int(stored), sets.withLock { $0[set.name]?.map(\.set.version).max() ?? 0 }) + 1
        try tx.execute(
            """
            INSERT INTO rule_sets (name, version, body, effective_at, created_at, created_by, note) VALUES \
            (\(set.name), \(set.version), \(set.json.text), \(set.effectiveFrom), \(clock.now), \(user), \(note))
            """)
        let compiled = CompiledRuleSet(set, vocabulary: vocabulary(of: set.name))
        tx.afterCommit { [self] in sets.withLock { sets in sets[compiled.set.name] = sortedByMoment((sets[compiled.set.name] ?? []) + [compiled]) } }
        return set
    }

    /// Published versions, newest first.
    package func versions(_ name: String, in reader: any Reader) throws -> [PublishedRules] {
        try reader.rows("SELECT version, body, effective_at, created_at, created_by, note FROM rule_sets WHERE name = \(name) ORDER BY version DESC").map { row in
            PublishedRules(
                set: try RuleSet(json: try JSONValue(parsing: row[1].text ?? "")), effectiveAt: Moment(milliseconds: row[2].int ?? 0),
                createdAt: Moment(milliseconds: row[3].int ?? 0),
                createdBy: row[4].int ?? 0, note: row[5].text ?? ""
            )
        }
    }
}

/// One stored version, with who published it when.
package struct PublishedRules: Sendable {
    package var set: RuleSet
    package var effectiveAt: Moment
    package var createdAt: Moment
    package var createdBy: Int64
    package var note: String
}

private func sortedByMoment(_ sets: [CompiledRuleSet]) -> [CompiledRuleSet] {
    sets.sorted { ($0.set.effectiveFrom, $0.set.version) > ($1.set.effectiveFrom, $1.set.version) }
}
