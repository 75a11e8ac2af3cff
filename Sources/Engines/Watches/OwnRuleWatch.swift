import Alarms
import Identity
import Kernel
import Messages
import Rules
import Schedules
import Storage

/// Judges what was written since each rule's mark, behind the ingest: nothing of it stands in the way of a pass.
///
/// Alarms and mark are written in one transaction a rule, so that a killed process neither loses nor repeats any; a rule that fails waits at its mark and is set aside after three times.
package struct OwnRuleWatch: Sendable {
    let rules: OwnRules

    package init(rules: OwnRules) { self.rules = rules }

    static let batch = 2000
    private static let roundsARun = 25
    private static let patience = 3
    /// Happenings of one group that are looked back at.
    private static let lookBack = 2000

    private struct Found: Sendable {
        var hit: WatchHit
        var happening: Happening
        var group: String
        var earlier: [Happening]
    }

    package var job: JobDeclaration {
        JobDeclaration(rules.place.jobName, "\(rules.place.title)研判", every: 10) { context in
            let count = try await tick()
            if count > 0 { context.note("\(count) 次命中") }
        }
    }

    /// - Returns: hits of all rules.
    package func tick() async throws -> Int {
        let streams = rules.streams.map(\.name)
        let live = try await rules.database.read { reader in
            try reader.rows("SELECT * FROM own_rule WHERE state = 'live' AND stream IN (\(list: streams)) ORDER BY id LIMIT \(OwnRules.most)")
        }
        var hits = 0
        for row in live {
            try Task.checkCancellation()
            // One that cannot even be read holds up no other.
            do { hits += try await judge(OwnRule(row)) } catch let error where !(error is CancellationError) {
                try await note(error, of: row.int("id") ?? 0, after: row.int("faults") ?? 0)
            }
        }
        return hits
    }

    private func judge(_ rule: OwnRule) async throws -> Int {
        guard let body = rule.live else { return 0 }
        let stream = try rules.stream(rule.stream)
        let judge = WatchJudge(body.rule, vocabulary: stream.vocabulary)
        var mark = rule.mark
        var hits = 0
        for _ in 0..<Self.roundsARun {
            let from = mark
            let (last, found, isFull) = try await rules.database.read(within: .seconds(20)) { reader in try Self.look(after: from, rule, judge, stream, in: reader) }
            guard last > mark else { break }
            try await rules.database.write { tx in try raise(found, rule, body, judge, stream, upTo: last, in: tx) }
            mark = last
            hits += found.count
            if !isFull { break }
        }
        return hits
    }

    private static func look(after mark: Int64, _ rule: OwnRule, _ judge: WatchJudge, _ stream: any RuleStream, in reader: any Reader) throws -> (Int64, [Found], Bool) {
        let batch = try stream.after(mark, limit: Self.batch, in: reader)
        let seen = batch.filter { rule.scope.admits(org: $0.org, area: $0.area) }
        let counted = try stream.counted(seen, by: judge, in: reader)
        let grouping = judge.rule.groupedBy
        var found: [Found] = []
        for (group, fresh) in Dictionary(grouping: counted, by: { stream.key($0, by: grouping) }) {
            found += try hits(fresh, group, rule, judge, stream, in: reader)
        }
        found.sort { ($0.hit.last.at, $0.hit.last.id) < ($1.hit.last.at, $1.hit.last.id) }
        return (batch.last?.id ?? mark, found, batch.count == Self.batch)
    }

    /// The new ones of one group together with what was there before.
    private static func hits(_ fresh: [Happening], _ group: String, _ rule: OwnRule, _ judge: WatchJudge, _ stream: any RuleStream, in reader: any Reader) throws -> [Found] {
        let grouping = judge.rule.groupedBy
        let new = Set(fresh.map(\.id))
        var all = fresh
        if judge.rule.times > 1 || judge.rule.together != nil, let first = fresh.first, let from = fresh.map({ judge.reach(of: $0.at).from }).min(),
            let until = fresh.map({ judge.reach(of: $0.at).until }).max()
        {
            let newest = new.max() ?? 0
            let around = try stream.alike(first, by: grouping, from: from, until: until, limit: lookBack, in: reader)
            // What is newer than the batch is judged with its own.
            let others = around.filter { !new.contains($0.id) && $0.id < newest && rule.scope.admits(org: $0.org, area: $0.area) }
            all += try stream.counted(others, by: judge, in: reader).filter { stream.key($0, by: grouping) == group }
        }
        let byId = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return judge.hits(of: all.map { $0.watched(by: group, isNew: new.contains($0.id), mark: judge.mark(of: $0.facts)) }).compactMap { hit in
            byId[hit.last.id].map { Found(hit: hit, happening: $0, group: group, earlier: hit.ids.compactMap { byId[$0] }) }
        }
    }

    private func raise(_ found: [Found], _ rule: OwnRule, _ body: OwnRule.Body, _ judge: WatchJudge, _ stream: any RuleStream, upTo mark: Int64, in tx: any Transaction) throws {
        let moved = try tx.execute(
            "UPDATE own_rule SET judged_to = \(mark), hits = hits + \(found.count), fault = NULL, faults = 0 WHERE id = \(rule.id) AND version = \(rule.version) AND state = 'live'"
        )
        // Somebody stopped it or published another version meanwhile.
        guard moved > 0 else { return }
        let outcomes = try rules.alarms.raise(all: found.map { signal($0, rule, body, judge, stream) }, by: .system("自定义规则"), in: tx)
        for (one, outcome) in zip(found, outcomes) {
            guard case .opened(let alarm) = outcome, !body.receivers.isEmpty else { continue }
            let users = try rules.alarms.users(body.receivers, org: one.happening.org, area: one.happening.area, at: rules.clock.now, in: tx)
            try rules.messages.post(
                MessageDraft(
                    OwnRules.messageKind, grade: body.grade >= .severe ? .urgent : .notice, title: body.title, text: "\(one.happening.orgName) \(one.happening.title)",
                    path: rules.place.leadsToAlarms ? "/alarms/\(alarm)" : "\(rules.place.path)/\(rule.id)", users: users, dedupe: "ownRule \(alarm)"), in: tx)
        }
    }

    private func signal(_ found: Found, _ rule: OwnRule, _ body: OwnRule.Body, _ judge: WatchJudge, _ stream: any RuleStream) -> AlarmSignal {
        let happening = found.happening
        let lines = judge.reasons(happening.facts).map { line -> AlarmReason in
            let actual = stream.fact(line.fact)?.shown(line.actual) ?? line.actual.shown
            return AlarmReason(line.fact, "\(stream.text(line.condition))，实际 \(actual)")
        }
        let grouping = stream.groupings.first { $0.name == body.rule.groupedBy }?.title ?? ""
        let count = AlarmReason("times", "\(grouping)\(body.rule.windowText)第 \(found.hit.count) 次，规则为达到 \(body.rule.times) 次")
        let whole = OwnRulePages.together(body.rule, stream).map { AlarmReason("together", "\(grouping)\(body.rule.windowText)\($0)") }
        let earlier = found.earlier.suffix(20).map { JSONValue.string("\($0.at.text) \($0.title)") }
        let subject = found.group.split(separator: " ", maxSplits: 1).last.map { String($0) } ?? found.group
        return AlarmSignal(
            kind: rules.place.alarmKind.name, org: happening.org, orgName: happening.orgName, area: happening.area, place: happening.place, subject: "规则\(rule.id) \(subject)",
            plate: happening.plate, occurredAt: happening.at, title: "\(body.title)：\(happening.title)",
            facts: [
                "规则": .string(body.title), "规则版本": .int(rule.version), "数据来源": .string(stream.title), "计次": .string(count.message), "相关记录": .array(Array(earlier)),
            ],
            reasons: lines + (body.rule.times > 1 ? [count] : []) + (whole.map { [$0] } ?? []), versions: AlarmVersions(rule: rule.version),
            evidence: happening.photos.map { .photo(sha256: $0.sha256, title: $0.title) }, grade: body.grade, source: stream.sourceKind.map { AlarmSource($0, happening.id) })
    }

    /// Counts a failure; the third in a row sets the rule aside.
    private func note(_ error: any Error, of rule: Int64, after earlier: Int64) async throws {
        let text = String(((error as? Failure)?.message ?? "\(error)").prefix(300))
        try await rules.database.write { tx in
            let faults = earlier + 1
            let state = faults >= Self.patience ? OwnRule.State.failed : .live
            try tx.execute("UPDATE own_rule SET fault = \(text), faults = \(faults), state = \(state.rawValue) WHERE id = \(rule) AND state = 'live'")
            guard state == .failed else { return }
            try rules.audit.record(AuditEntry("update", "ownRule", "\(rule)", "自定义规则连续 \(Self.patience) 次出错，已停用：\(text)"), by: .system("自定义规则"), in: tx)
        }
    }
}
