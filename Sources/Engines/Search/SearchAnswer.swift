import Identity
import Kernel
import Ledgers
import Messages
import Storage

/// What was found, by kind.
package struct SearchAnswer: Sendable, Equatable {
    package struct Group: Sendable, Equatable {
        package var kind: String
        package var title: String
        package var titleEN: String
        package var icon: String
        package var hits: [SearchHit]
        /// Of those that were read; `isFloor` when there are more.
        package var count: Int
        package var isFloor: Bool
        /// Where all of them stand.
        package var path: String
    }

    package var groups: [Group]
    /// Nothing was looked for: too short.
    package var isTooShort = false

    package var count: Int { groups.reduce(0) { $0 + $1.count } }
}

extension SearchEngine {
    /// How many of a kind are counted; of kinds whose scope words cannot say, four times as many are looked at.
    private static let most = 100

    /// Groups in the order of kinds, those with the nearest hit first.
    ///
    /// Costs two queries of the index where little is found and one more for each kind where much is; then one of each ledger with hits.
    ///
    /// - Parameters:
    ///   - kind: only this kind.
    ///   - shown: hits a group, 1...100.
    package func search(_ typed: String, kind: String? = nil, shown: Int = 5, by principal: Principal, in reader: any Reader) throws -> SearchAnswer {
        guard let question = try SearchQuestion(typed, cipher) else { return SearchAnswer(groups: [], isTooShort: true) }
        let all = sources
        let open = all.filter { $0.mayAsk(principal) && (kind == nil || $0.kind == kind) }
        var groups = try candidates(question, open, isEverything: open.count == all.count, principal, reader).compactMap { source, ids in
            try group(source, ids, question, shown, principal, reader)
        }
        groups += try large(question, kind, groups, shown, principal, reader)
        if kind == nil || kind == "message" {
            let lines = try messages.recent(containing: question.text, limit: shown + 1, of: principal, in: reader)
            if !lines.isEmpty {
                let hits = lines.prefix(shown).map { line in
                    SearchHit(
                        kind: "message", id: line.id, title: line.title,
                        details: [SearchHit.Detail(label: "", text: String(line.text.prefix(80))), SearchHit.Detail(label: "时间", text: String(line.at.text.prefix(16)))],
                        path: "/messages/\(line.id)")
                }
                groups.append(
                    SearchAnswer.Group(
                        kind: "message", title: "我的消息", titleEN: "My messages", icon: "bell", hits: Array(hits), count: hits.count, isFloor: lines.count > hits.count,
                        path: "/messages?q=\(question.text.percentEncoded)"))
            }
        }
        let ranked = groups.enumerated().sorted { a, b in
            let near = (a.element.hits.map(question.distance).min() ?? 99, b.element.hits.map(question.distance).min() ?? 99)
            return near.0 == near.1 ? a.offset < b.offset : near.0 < near.1
        }
        return SearchAnswer(groups: ranked.map(\.element))
    }

    /// Ids of each kind, newest first, at most 101 (401 where words cannot say who sees what).
    private func candidates(
        _ question: SearchQuestion, _ sources: [SearchSource], isEverything: Bool, _ principal: Principal, _ reader: any Reader
    ) throws -> [(SearchSource, [Int64])] {
        guard !sources.isEmpty else { return [] }
        let limit = 1000
        let bound = isEverything && principal.scope == .everything ? nil : try bounds(sources, principal)
        let everything: WordQuery = bound.map { .all([question.words, $0]) } ?? question.words
        let found = try entries(SearchTables.index.newest(everything, limit: limit + 1, reader.dialect), reader)
        if found.count <= limit {
            let byKind = Dictionary(grouping: found, by: \.kind)
            return sources.compactMap { source in byKind[source.kind].map { (source, $0.map(\.id)) } }
        }
        return try sources.compactMap { source in
            let most = source.bounds == .none && principal.scope != .everything ? SearchEngine.most * 4 : SearchEngine.most
            let own = try bounds([source], principal)
            let ids = try entries(SearchTables.index.newest(.all([question.words, own]), limit: most + 1, reader.dialect), reader).map(\.id)
            return ids.isEmpty ? nil : (source, ids)
        }
    }

    private func entries(_ newest: SQL, _ reader: any Reader) throws -> [(kind: String, id: Int64)] {
        try reader.rows("SELECT e.kind, e.record_id FROM (\(newest)) f JOIN search_entries e ON e.id = f.id ORDER BY f.id DESC").map { ($0[0].text ?? "", $0[1].int ?? 0) }
    }

    /// Of which kinds, and as far as words can say it, within whose scope.
    private func bounds(_ sources: [SearchSource], _ principal: Principal) throws -> WordQuery {
        var ways: [WordQuery] = []
        for bound in [SearchSource.Bounds.owned, .authority, .none] {
            let kinds = sources.filter { $0.bounds == bound }.map { WordQuery.word(SearchMark.kind($0.kind)) }
            guard !kinds.isEmpty else { continue }
            let marks = Self.marks(bound, principal)
            if let marks, marks.isEmpty { continue }
            ways.append(marks.map { .all([.any(kinds), .any($0.map(WordQuery.word))]) } ?? .any(kinds))
        }
        return ways.isEmpty ? .word("zzzznothing") : .any(ways)
    }

    /// Words of which a row must hold one; nil where any row may be seen, empty where none may.
    private static func marks(_ bound: SearchSource.Bounds, _ principal: Principal) -> [String]? {
        guard bound != .none else { return nil }
        var marks: [String] = []
        var above: [String] = []
        switch principal.scope {
        case .everything: return nil
        case .nothing: return []
        case .organisation(let id):
            marks = [SearchMark.org(id)]
            above = principal.area.map { area in [2, 4, 6].filter { $0 <= area.utf8.count }.map { String(area.prefix($0)) } } ?? []
        case .grids(let reach):
            // Too many for words: each hit is asked for its owner anyway.
            guard reach.organisations.count <= 200 else { return nil }
            marks = reach.organisations.sorted().map(SearchMark.org)
            above = principal.area.map { area in [2, 4, 6].filter { $0 <= area.utf8.count }.map { String(area.prefix($0)) } } ?? []
        case .areas(let prefixes):
            guard prefixes.allSatisfy({ SearchMark.areaLengths.contains($0.utf8.count) }) else { return nil }
            marks = prefixes.map(SearchMark.area)
            above = prefixes.flatMap { prefix in [2, 4, 6].filter { $0 < prefix.utf8.count }.map { String(prefix.prefix($0)) } }
        }
        return bound == .owned ? marks : marks + above.map(SearchMark.exact) + [SearchMark.noArea]
    }

    private func group(_ source: SearchSource, _ ids: [Int64], _ question: SearchQuestion, _ shown: Int, _ principal: Principal, _ reader: any Reader) throws -> SearchAnswer.Group?
    {
        let most = source.bounds == .none ? SearchEngine.most * 4 : SearchEngine.most
        // Near hits may stand behind newer ones: the texts of a few are made, then the nearest are shown.
        let (hits, count) = try source.hits(Array(ids.prefix(most)), max(shown, 40), principal, reader)
        guard count > 0 else { return nil }
        let ranked = hits.enumerated().sorted { a, b in
            let near = (question.distance(of: a.element), question.distance(of: b.element))
            return near.0 == near.1 ? a.offset < b.offset : near.0 < near.1
        }.prefix(shown).map(\.element)
        let path =
            source.path.hasPrefix("/ledgers/") || source.kind == "case" || source.kind == "alarm" ? "/search?q=\(question.text.percentEncoded)&kind=\(source.kind)" : source.path
        return SearchAnswer.Group(
            kind: source.kind, title: source.title, titleEN: source.titleEN, icon: source.icon, hits: Array(ranked), count: count,
            isFloor: ids.count > most && count >= SearchEngine.most,
            path: path)
    }

    /// Very large ledgers: by the number that was asked and by those near it that other ledgers know.
    private func large(
        _ question: SearchQuestion, _ kind: String?, _ groups: [SearchAnswer.Group], _ shown: Int, _ principal: Principal, _ reader: any Reader
    ) throws -> [SearchAnswer.Group] {
        guard let plate = question.plate else { return [] }
        let near = Set(PlateWords.near(plate.number))
        let known = groups.flatMap(\.hits).map(\.title).filter { !near.isDisjoint(with: PlateWords.near(PlateWords.canonical($0))) }
        var numbers: [String] = []
        for number in PlateWords.spellings(plate.number) + known.prefix(20) where !numbers.contains(number) { numbers.append(number) }
        return try largeLedgers.compactMap { large in
            guard kind == nil || kind == large.ledger.name, let (hits, isMore) = try large.hits(numbers, limit: shown, by: principal, in: reader) else { return nil }
            return SearchAnswer.Group(
                kind: large.ledger.name, title: large.ledger.title, titleEN: large.ledger.titleEN ?? large.ledger.title, icon: "list", hits: hits, count: hits.count,
                isFloor: isMore,
                path: large.path(numbers))
        }
    }
}

extension String {
    /// For the value of a query.
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
