import Alarms
import Kernel
import Storage
import Synchronization

/// Kinds of alarms that values raise. Each level is a kind of its own, so that what becomes graver is seen as such.
package enum PointAlarms {
    /// Names as grading schemes know them.
    private static let levels = [
        AlarmTrait("highHigh", "高高报", group: "限值"), AlarmTrait("high", "高报", group: "限值"), AlarmTrait("low", "低报", group: "限值"), AlarmTrait("lowLow", "低低报", group: "限值"),
    ]
    package static let units = [
        AlarmTrait("majorHazard", "重大危险源", group: "单元"), AlarmTrait("hazardousProcess", "重点监管危险工艺", group: "单元"), AlarmTrait("ordinaryProcess", "一般工艺", group: "单元"),
        AlarmTrait("publicArea", "公共区域与管廊", group: "单元"),
    ]

    private static func kind(_ name: String, _ title: String, _ titleEN: String, _ grade: AlarmGrade) -> AlarmKind {
        AlarmKind(name, title, titleEN, grade: grade, closesItself: true, triageWithin: grade >= .severe ? 180 : 600, category: .measured, traits: levels + units)
    }

    package static let highHigh = kind("pointHighHigh", "监测值高高报", "Point high-high", .severe)
    package static let high = kind("pointHigh", "监测值高报", "Point high", .heavier)
    package static let low = kind("pointLow", "监测值低报", "Point low", .heavier)
    package static let lowLow = kind("pointLowLow", "监测值低低报", "Point low-low", .severe)
    package static let rate = AlarmKind(
        "pointRate", "监测值变化过快", "Point changes too fast", grade: .heavier, mergeWindow: 600, triageWithin: 600, category: .measured, traits: units)
    package static let offline = AlarmKind("pointOffline", "监测点离线", "Point off-line", closesItself: true, category: .equipment, traits: units)

    package static let all = [highHigh, high, low, lowLow, rate, offline]

    static func kind(of level: PointLevel) -> AlarmKind? {
        switch level {
        case .normal: nil
        case .low: low
        case .lowLow: lowLow
        case .high: high
        case .highHigh: highHigh
        }
    }

    /// What its facts are called on the page of an alarm, in the order in which they are shown.
    package static let factTitles: [(name: String, title: String)] = [
        ("pointCode", "点位编码"), ("pointName", "点位名称"), ("pointKind", "监测类型"), ("pointDevice", "所属设备"), ("alarmLevel", "报警级别"), ("measuredValue", "测量值"), ("alarmLimit", "限值"),
        ("valueBefore", "变化前"), ("changePerMinute", "每分钟变化"), ("measuredAt", "测量时间"), ("lastValueAt", "最近数据时间"), ("offlineAfterSeconds", "离线时限（秒）"), ("recentValues", "报警前数值"),
    ]

    /// The kind of record an alarm of a point leads to.
    package static let source = "monitoringPoint"
}

extension PointEngine {
    /// Raises and clears what values say, in their order, and notes how the points stand.
    func act(on findings: [(point: PointDefinition, sample: PointSample, finding: PointStanding.Finding)], in tx: any Transaction) throws {
        var signals: [AlarmSignal] = []
        func send() throws {
            if signals.count > 4 { try alarms.raise(all: signals, by: Self.judge, in: tx) } else { for one in signals { try alarms.raise(one, by: Self.judge, in: tx) } }
            signals = []
        }
        for (point, sample, finding) in findings {
            switch finding {
            case .raise(let level, let value, let limit): if let signal = signal(point, level, value: value, limit: limit, at: sample.at) { signals.append(signal) }
            case .rate(let perMinute, let from, let to): signals.append(signal(point, rate: perMinute, from: from, to: to, at: sample.at))
            case .clear(let level, let value):
                try send()
                try clear(point, level, at: sample.at, reason: "数值恢复到 \(point.shown(value))", in: tx)
            case .online:
                try send()
                try alarms.clear(kind: PointAlarms.offline.name, subject: point.code, org: point.org, at: sample.at, reason: "恢复上传数据", in: tx)
            }
        }
        try send()
        let touched = Set(findings.map(\.point.id))
        let standings = standings(Array(touched))
        for (id, standing) in standings.sorted(by: { $0.key < $1.key }) { try standing.note(point: id, in: tx) }
    }

    func clear(_ point: PointDefinition, _ level: PointLevel, at moment: Moment, reason: String, in tx: any Transaction) throws {
        guard let kind = PointAlarms.kind(of: level) else { return }
        try alarms.clear(kind: kind.name, subject: point.code, org: point.org, at: moment, reason: reason, in: tx)
    }

    private func signal(_ point: PointDefinition, _ level: PointLevel, value: Double, limit: Double, at moment: Moment) -> AlarmSignal? {
        guard let kind = PointAlarms.kind(of: level) else { return nil }
        let name = level.title(gas: point.kind.isGas)
        let side = level.isHigh ? "达到或高于" : "达到或低于"
        var facts = Self.facts(point)
        facts += [
            ("alarmLevel", .string(name)), ("measuredValue", .string(point.shown(value))), ("alarmLimit", .string(point.shown(limit))), ("measuredAt", .string(moment.rfc3339)),
            ("recentValues", trend(of: point)),
        ]
        return AlarmSignal(
            kind: kind.name, org: point.org, orgName: point.orgName, area: point.area, place: Self.place(point), subject: point.code, occurredAt: moment,
            title: "\(point.name) \(name)：\(point.shown(value))，限值 \(point.shown(limit))", facts: .object(JSONObject(facts)),
            reasons: [AlarmReason(kind.name, "\(point.code) \(point.name)于 \(moment.text) 测得 \(point.shown(value))，\(side)\(name)限值 \(point.shown(limit))")],
            source: AlarmSource(PointAlarms.source, point.id), traits: Set([level.rawValue] + Self.unitClass(point)))
    }

    private func signal(_ point: PointDefinition, rate: Double, from: Double, to: Double, at moment: Moment) -> AlarmSignal {
        var facts = Self.facts(point)
        facts += [
            ("valueBefore", .string(point.shown(from))), ("measuredValue", .string(point.shown(to))), ("changePerMinute", .string(point.shown(rate))),
            ("measuredAt", .string(moment.rfc3339)),
            ("recentValues", trend(of: point)),
        ]
        let change = "\(rate > 0 ? "上升" : "下降") \(point.shown(abs(rate)))/分钟"
        return AlarmSignal(
            kind: PointAlarms.rate.name, org: point.org, orgName: point.orgName, area: point.area, place: Self.place(point), subject: point.code, occurredAt: moment,
            title: "\(point.name) 变化过快：\(change)", facts: .object(JSONObject(facts)),
            reasons: [AlarmReason(PointAlarms.rate.name, "由 \(point.shown(from)) 变为 \(point.shown(to))，\(change)，限值 \(point.shown(point.limits.rate))/分钟")],
            source: AlarmSource(PointAlarms.source, point.id), traits: Set(Self.unitClass(point)))
    }

    func offline(_ point: PointDefinition, last: Moment) -> AlarmSignal {
        var facts = Self.facts(point)
        facts += [("lastValueAt", .string(last.rfc3339)), ("offlineAfterSeconds", .int(point.offlineAfter))]
        return AlarmSignal(
            kind: PointAlarms.offline.name, org: point.org, orgName: point.orgName, area: point.area, place: Self.place(point), subject: point.code,
            occurredAt: last.adding(seconds: point.offlineAfter), title: "\(point.name) 离线：超过 \(point.offlineAfter) 秒没有数据", facts: .object(JSONObject(facts)),
            reasons: [AlarmReason(PointAlarms.offline.name, "最近一个数据在 \(last.text)，超过离线时限 \(point.offlineAfter) 秒")], source: AlarmSource(PointAlarms.source, point.id),
            traits: Set(Self.unitClass(point)))
    }

    private static func facts(_ point: PointDefinition) -> [(name: String, value: JSONValue)] {
        [("pointCode", .string(point.code)), ("pointName", .string(point.name)), ("pointKind", .string(point.kind.title)), ("pointDevice", .string(point.deviceName))]
    }

    private static func place(_ point: PointDefinition) -> String {
        [point.plant, point.zone, point.deviceName].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func unitClass(_ point: PointDefinition) -> [String] { point.unitClass.map { name in PointAlarms.units.contains { $0.name == name } ? [name] : [] } ?? [] }

    /// The last minutes as they are in memory: `["08:00:05 12.3", …]`, at most 60.
    private func trend(of point: PointDefinition) -> JSONValue {
        let samples = memory.withLock { memory -> [PointSample] in
            guard let tail = memory.tails[point.id] else { return [] }
            return Array((tail.sealing.suffix(60) + tail.open.suffix(60)).suffix(60))
        }
        return .array(samples.map { .string("\($0.at.text.dropFirst(11)) \(PointFigure.text($0.value, places: point.places))") })
    }

    // MARK: By the clock

    /// Finds points that fell silent, and ends what stands of points that are no longer judged.
    ///
    /// - Returns: how many fell silent, and of how many something was ended.
    package func watch() async throws -> (offline: Int, released: Int) {
        try await open()
        let registry = try await registry()
        let now = clock.now
        let isSomething = memory.withLock { memory in
            memory.tails.contains { Self.isSilent($0.value, registry[$0.key], now, since: memory.hearsSince) || Self.isDue($0.value, registry[$0.key], now) }
        }
        guard isSomething else { return (0, 0) }
        do {
            return try await database.write { [self] tx in
                try reload(tx)
                let silent = try fallSilent(registry, now, in: tx)
                return (silent, try releasePaused(registry, now, in: tx))
            }
        } catch {
            spoil()
            throw error
        }
    }

    private static func isSilent(_ tail: PointMemory.Tail, _ point: PointDefinition?, _ now: Moment, since: Moment) -> Bool {
        guard let point, point.offlineAfter > 0, point.isJudged(at: now), !tail.standing.isOffline, let last = tail.standing.last else { return false }
        return now.seconds(since: max(last.at, since)) > Double(point.offlineAfter)
    }

    private static func isDue(_ tail: PointMemory.Tail, _ point: PointDefinition?, _ now: Moment) -> Bool {
        guard !tail.standing.raised.isEmpty || tail.standing.isOffline, let point else { return false }
        return !point.isJudged(at: now)
    }

    private func fallSilent(_ registry: PointRegistry, _ now: Moment, in tx: any Transaction) throws -> Int {
        let silent = memory.withLock { memory -> [(PointDefinition, PointStanding)] in
            var found: [(PointDefinition, PointStanding)] = []
            for (id, tail) in memory.tails where Self.isSilent(tail, registry[id], now, since: memory.hearsSince) {
                memory.tails[id]?.standing.isOffline = true
                if let point = registry[id], let standing = memory.tails[id]?.standing { found.append((point, standing)) }
            }
            return found
        }
        let signals = silent.compactMap { point, standing in standing.last.map { offline(point, last: $0.at) } }
        for start in stride(from: 0, to: signals.count, by: 5000) { try alarms.raise(all: Array(signals[start..<min(start + 5000, signals.count)]), by: Self.judge, in: tx) }
        for (point, standing) in silent { try standing.note(point: point.id, in: tx) }
        return silent.count
    }

    private func releasePaused(_ registry: PointRegistry, _ now: Moment, in tx: any Transaction) throws -> Int {
        let due = memory.withLock { memory -> [(PointDefinition, Set<PointLevel>, Bool)] in
            var found: [(PointDefinition, Set<PointLevel>, Bool)] = []
            for (id, tail) in memory.tails where Self.isDue(tail, registry[id], now) {
                guard let point = registry[id] else { continue }
                let levels = memory.tails[id]?.standing.release() ?? []
                memory.tails[id]?.standing.isOffline = false
                found.append((point, levels, tail.standing.isOffline))
            }
            return found
        }
        for (point, levels, wasOffline) in due {
            let reason = "监测点已转为\(point.use(at: now).title)"
            for level in levels { try clear(point, level, at: now, reason: reason, in: tx) }
            if wasOffline { try alarms.clear(kind: PointAlarms.offline.name, subject: point.code, org: point.org, at: now, reason: reason, in: tx) }
            try standings([point.id])[point.id]?.note(point: point.id, in: tx)
        }
        return due.count
    }
}
