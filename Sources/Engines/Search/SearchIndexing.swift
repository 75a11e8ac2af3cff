import Cryptography
import Identity
import Kernel
import Schedules
import Storage

/// How the index of one kind stands.
package struct SearchKindState: Sendable, Equatable {
    package var kind: String
    package var title: String
    package var entries: Int
    package var pending: Int
    /// Nil while it is being built.
    package var builtAt: Moment?
    /// The row up to which it is built.
    package var cursor: Int64
}

/// Keeps the index: follows marks, follows the greatest id, builds anew. Every step is one transaction and may be killed at any moment.
extension SearchEngine {
    private static let batch = 500

    /// Until its task is cancelled: on one node at a time, a step after the other while there is something to do, then once a second.
    package func run(_ leadership: Leadership, waker: Waker = .system, onError: @Sendable (any Error) -> Void) async throws {
        var knowsShipped = false
        while !Task.isCancelled {
            var didWork = false
            do {
                if try await leadership.renew().isLeader {
                    if !knowsShipped { try await markShipped() }
                    knowsShipped = true
                    didWork = try await step()
                }
            } catch is CancellationError {
                return
            } catch {
                onError(error)
            }
            if !didWork { try await waker.sleep(for: .seconds(1)) }
        }
    }

    /// Codes that a newer program brings are written straight into their ledger's table, where nothing marks them.
    package func markShipped() async throws {
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO search_pending (kind, record_id) SELECT 'dictionaryItems', d.id FROM dictionary_items d
                WHERE NOT EXISTS (SELECT 1 FROM search_entries e WHERE e.kind = 'dictionaryItems' AND e.record_id = d.id) ON CONFLICT DO NOTHING
                """)
        }
    }

    /// One piece of work: marks first, then what is not built, then what came since.
    ///
    /// - Returns: false when there was nothing to do.
    @discardableResult
    package func step() async throws -> Bool {
        let sources = sources
        let hasMarks = try await database.read { try $0.value("SELECT 1 FROM search_pending LIMIT 1") != nil }
        if hasMarks { return try await database.write { [self] tx in try follow(sources, in: tx) > 0 } }
        let states = try await database.read { try Self.states($0) }
        for source in sources {
            let state = states[source.kind]
            let isBuilt = state?.builtAt != nil && state?.shape == shape(source)
            if isBuilt, source.isAnnounced { continue }
            if isBuilt, try await database.read({ try source.after(state?.cursor ?? 0, 1, $0) }).isEmpty { continue }
            if try await database.write({ [self] tx in try build(source, in: tx) }) { return true }
        }
        return false
    }

    /// Until nothing is left: tests, benches and `jianwei verify`.
    package func settle() async throws { while try await step() {} }

    /// Throws the index of one kind (nil: of all) away piece by piece: it is built again row by row while what it held is still found.
    package func rebuild(_ kind: String?, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(SearchPermission.manage, "重建检索索引")
        let which: SQL = kind.map { "kind = \($0)" } ?? "1 = 1"
        try tx.execute("UPDATE search_kinds SET cursor = 0, built_at = NULL WHERE \(which)")
        try audit.record(AuditEntry("update", "searchIndex", kind ?? "*", "重建检索索引" + (kind.map { "：\($0)" } ?? "")), by: principal, in: tx)
    }

    package func states(in reader: any Reader) throws -> [SearchKindState] {
        let states = try Self.states(reader)
        let entries = try counts("search_entries", reader)
        let pending = try counts("search_pending", reader)
        return sources.map { source in
            SearchKindState(
                kind: source.kind, title: source.title, entries: entries[source.kind] ?? 0, pending: pending[source.kind] ?? 0,
                builtAt: states[source.kind].flatMap { $0.shape == shape(source) ? $0.builtAt : nil }, cursor: states[source.kind]?.cursor ?? 0)
        }
    }

    private func counts(_ table: String, _ reader: any Reader) throws -> [String: Int] {
        try reader.rows("SELECT kind, COUNT(*) AS n FROM \(ident: table) GROUP BY kind").reduce(into: [:]) { $0[$1.text("kind") ?? ""] = Int($1.int("n") ?? 0) }
    }

    private static func states(_ reader: any Reader) throws -> [String: (shape: String, cursor: Int64, builtAt: Moment?)] {
        try reader.rows("SELECT kind, shape, cursor, built_at FROM search_kinds").reduce(into: [:]) {
            $0[$1.text("kind") ?? ""] = ($1.text("shape") ?? "", $1.int("cursor") ?? 0, $1.moment("built_at"))
        }
    }

    private func shape(_ source: SearchSource) -> String { "\(SearchWords.edition)/\(keys.currentVersion)/\(source.shape)" }

    /// Rows that were written since: read as they are now, so that many writes of one row are one piece of work.
    private func follow(_ sources: [SearchSource], in tx: any Transaction) throws -> Int {
        let marks = try tx.rows("SELECT kind, record_id FROM search_pending ORDER BY kind, record_id LIMIT \(Self.batch)").map { (kind: $0[0].text ?? "", id: $0[1].int ?? 0) }
        for (kind, marked) in Dictionary(grouping: marks, by: \.kind) {
            let ids = marked.map(\.id)
            if let source = sources.first(where: { $0.kind == kind }) {
                let texts = try source.among(ids, tx)
                try put(texts, of: kind, in: tx)
                let gone = Set(ids).subtracting(texts.map(\.id)).sorted()
                try tx.execute("DELETE FROM search_entries WHERE kind = \(kind) AND record_id IN (\(list: gone))")
            }
            try tx.execute("DELETE FROM search_pending WHERE kind = \(kind) AND record_id IN (\(list: ids))")
        }
        return marks.count
    }

    /// The next rows of a kind; also takes away what stands between them and is no row any more.
    ///
    /// - Returns: whether there may be more to do.
    private func build(_ source: SearchSource, in tx: any Transaction) throws -> Bool {
        let state = try tx.first("SELECT shape, cursor, built_at FROM search_kinds WHERE kind = \(source.kind)")
        let isSame = state?.text("shape") == shape(source)
        let from = isSame ? state?.int("cursor") ?? 0 : 0
        let texts = try source.after(from, Self.batch, tx)
        try put(texts, of: source.kind, in: tx)
        let isEnd = texts.count < Self.batch
        let last = texts.last?.id ?? from
        let stands = try tx.rows(
            "SELECT record_id FROM search_entries WHERE kind = \(source.kind) AND record_id > \(from) AND record_id <= \(isEnd ? Int64.max : last)"
        ).compactMap { $0[0].int }
        let gone = Set(stands).subtracting(texts.map(\.id)).sorted()
        for start in stride(from: 0, to: gone.count, by: 500) {
            try tx.execute("DELETE FROM search_entries WHERE kind = \(source.kind) AND record_id IN (\(list: Array(gone[start..<min(start + 500, gone.count)])))")
        }
        let built: Moment? = isEnd ? (isSame ? state?.moment("built_at") : nil) ?? clock.now : isSame ? state?.moment("built_at") : nil
        try tx.execute(
            """
            INSERT INTO search_kinds (kind, shape, cursor, built_at) VALUES (\(source.kind), \(shape(source)), \(last), \(built))
            ON CONFLICT (kind) DO UPDATE SET shape = excluded.shape, cursor = excluded.cursor, built_at = excluded.built_at
            """)
        return !isEnd || !texts.isEmpty
    }

    private func put(_ texts: [SearchText], of kind: String, in tx: any Transaction) throws {
        for text in texts {
            let words = try words(of: text, kind)
            // A row whose words are as they were is not written.
            try tx.execute(
                """
                INSERT INTO search_entries (kind, record_id, words) VALUES (\(kind), \(text.id), \(words))
                ON CONFLICT (kind, record_id) DO UPDATE SET words = excluded.words WHERE search_entries.words <> excluded.words
                """)
        }
    }

    /// At most some hundreds: long notes are found by their beginnings.
    func words(of text: SearchText, _ kind: String) throws -> String {
        var words: [String] = [SearchMark.kind(kind)] + SearchMark.owner(org: text.org, area: text.area)
        for plate in text.texts.flatMap(PlateWords.kept) { words.append(SearchMark.plate(plate)) }
        for value in text.personal where !value.isEmpty { words.append(SearchMark.blind(try cipher.seal(value))) }
        words += SearchWords.words(of: String(text.texts.joined(separator: " ").prefix(600)))
        return words.joined(separator: " ")
    }

    /// Reads everything again and compares, and asks SQLite's index whether it says what the table says.
    ///
    /// - Returns: entries looked at, and what differs.
    package func verify() async throws -> (entries: Int, differences: [String]) {
        try await settle()
        var total = 0
        var differences: [String] = []
        for source in sources {
            var from: Int64 = 0
            while true {
                let start = from
                let (texts, stands) = try await database.read(within: .seconds(60)) { reader -> ([SearchText], [Int64: String]) in
                    let texts = try source.after(start, 1000, reader)
                    let last = texts.count < 1000 ? Int64.max : texts.last?.id ?? start
                    let rows = try reader.rows(
                        "SELECT record_id, words FROM search_entries WHERE kind = \(source.kind) AND record_id > \(start) AND record_id <= \(last)")
                    return (texts, rows.reduce(into: [:]) { $0[$1[0].int ?? 0] = $1[1].text ?? "" })
                }
                total += stands.count
                for text in texts where stands[text.id] != (try words(of: text, source.kind)) {
                    differences.append("\(source.title) #\(text.id) \(stands[text.id] == nil ? "未收录" : "与记录不符")")
                }
                let known = Set(texts.map(\.id))
                differences += stands.keys.filter { !known.contains($0) }.sorted().map { "\(source.title) #\($0) 已不存在，仍被收录" }
                guard texts.count == 1000, let last = texts.last?.id else { break }
                from = last
            }
        }
        do {
            try await database.write { tx in try SearchTables.index.check(in: tx) }
        } catch let failure as Failure {
            differences.append("全文索引与收录内容不符：\(failure.cause ?? failure.message)")
        }
        return (total, differences)
    }
}
