import Kernel
import Storage
import Synchronization

/// What administrators set about alarms, in memory, replaced after each commit that changes it: schemes, push rules, windows of suppression. One is shared by all engines of a process.
package final class AlarmBook: Sendable {
    /// What nodes tell each other when something of it has changed.
    package static let signal = "alarmBook"

    struct State: Sendable {
        /// Newest version of each, leading first.
        var schemes: [(scheme: GradingScheme, version: Int)] = []
        var pushRules: [PushRule] = []
        /// Approved windows that have not ended.
        var windows: [Suppression] = []
    }

    private let held = Mutex(State())
    private let presets = Mutex<(schemes: [GradingScheme], pushRules: [PushRule])>(([], []))

    package init() {}

    var now: State { held.withLock { $0 } }
    package var schemes: [(scheme: GradingScheme, version: Int)] { now.schemes }
    package var leading: GradingScheme? { now.schemes.first { $0.scheme.isOn && $0.scheme.isLeading }?.scheme }

    /// What an installation begins with; called by features before `load`.
    package func declare(schemes: [GradingScheme] = [], pushRules: [PushRule] = []) {
        presets.withLock {
            $0.schemes += schemes
            $0.pushRules += pushRules
        }
    }

    /// Writes presets that are not there yet, then reads everything. At start, after migrations.
    package func open(_ database: any Database, clock: Clock) async throws {
        let given = presets.withLock { $0 }
        let missing = try await database.read { reader in
            let schemes = Set(try reader.rows("SELECT DISTINCT name FROM alarm_schemes").compactMap { $0.text("name") })
            let rules = Set(try reader.rows("SELECT name FROM alarm_push_rules").compactMap { $0.text("name") })
            return (given.schemes.filter { !schemes.contains($0.name) }, given.pushRules.filter { !rules.contains($0.name) })
        }
        if !missing.0.isEmpty || !missing.1.isEmpty {
            try await database.write { tx in
                for scheme in missing.0 {
                    try tx.execute(
                        "INSERT INTO alarm_schemes (name, version, body, note, at, by_name) VALUES (\(scheme.name), 1, \(try scheme.json()), '预设', \(clock.now), '系统') ON CONFLICT (name, version) DO NOTHING"
                    )
                }
                for (position, rule) in missing.1.enumerated() {
                    try tx.execute(
                        "INSERT INTO alarm_push_rules (name, position, body, at, by_name) VALUES (\(rule.name), \(position), \(try rule.json()), \(clock.now), '系统') ON CONFLICT (name) DO NOTHING"
                    )
                }
            }
        }
        try await reload(database, clock: clock)
    }

    package func reload(_ database: any Database, clock: Clock) async throws { replace(try await database.read { try AlarmBook.read($0, at: clock.now) }) }

    func replace(_ state: State) { held.withLock { $0 = state } }

    /// Reads it as the transaction left it and puts it in place after the commit.
    func follow(_ tx: any Transaction, at now: Moment) throws {
        let state = try AlarmBook.read(tx, at: now)
        tx.signal(AlarmBook.signal, "")
        tx.afterCommit { self.replace(state) }
    }

    static func read(_ reader: any Reader, at now: Moment) throws -> State {
        var state = State()
        let newest = try reader.rows(
            "SELECT s.body, s.version FROM alarm_schemes s WHERE s.version = (SELECT MAX(t.version) FROM alarm_schemes t WHERE t.name = s.name) ORDER BY s.name")
        state.schemes = try newest.map { (try GradingScheme(json: $0.text("body") ?? ""), Int($0.int("version") ?? 1)) }
        state.schemes.sort { ($0.scheme.isLeading ? 0 : 1, $0.scheme.name) < ($1.scheme.isLeading ? 0 : 1, $1.scheme.name) }
        state.pushRules = try reader.rows("SELECT id, body FROM alarm_push_rules ORDER BY position, id").map { try PushRule($0) }
        state.windows = try reader.rows(
            "SELECT \(Suppression.columns) FROM alarm_suppressions WHERE state = \(Suppression.State.approved.rawValue) AND until_at > \(now) ORDER BY id LIMIT 10000"
        ).map(Suppression.init)
        return state
    }
}

extension AlarmEngine {
    /// What every scheme makes of a signal.
    func grading(_ subject: GradingSubject) -> (levels: [AlarmLevel], urgency: Int, startWithin: Int64?) {
        var levels: [AlarmLevel] = []
        var urgency = 5 - subject.grade.rawValue
        var startWithin: Int64?
        var isLed = false
        for (scheme, version) in book.schemes {
            guard let graded = scheme.grade(subject) else { continue }
            levels.append(AlarmLevel(scheme: scheme.name, version: version, code: graded.level.code))
            guard scheme.isLeading, !isLed else { continue }
            isLed = true
            urgency = graded.urgency
            if scheme.timed.contains(subject.category) { startWithin = graded.level.startWithin }
        }
        return (levels, urgency, startWithin)
    }

    /// The level that leads for an alarm, as its scheme describes it today; nil where none does.
    package func leadingLevel(of alarm: Alarm) -> GradingLevel? {
        for (scheme, _) in book.schemes where scheme.isLeading && scheme.isOn {
            if let code = alarm.levels.first(where: { $0.scheme == scheme.name })?.code { return scheme.level(code) }
        }
        return nil
    }

    /// What the leading level asks of an alarm, where its scheme sets the times of its category.
    func demands(of alarm: Alarm) -> GradingLevel? {
        guard let scheme = book.leading, scheme.timed.contains(kind(alarm.kind)?.category ?? .conduct) else { return nil }
        return leadingLevel(of: alarm)
    }
}
