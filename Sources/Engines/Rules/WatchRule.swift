import Kernel

/// A rule a person wrote over a stream of happenings: which of them count, of what they are counted, how many within what span, and when the rule holds.
package struct WatchRule: Sendable, Equatable {
    /// All of them hold, or the happening does not count.
    package var conditions: [Condition]
    /// Name of a grouping of the stream: happenings of one group are counted together.
    package var groupedBy: String
    /// How many within the span make a hit, 1 or more.
    package var times: Int
    /// 1...720; 0 counts within the business day.
    package var windowHours: Int
    package var validFrom: Day?
    package var validUntil: Day?
    /// Minutes of the day, both in 0...1440; a span that begins later than it ends runs over midnight. Nil all day.
    package var hours: ClosedSpan?
    /// 1 Monday … 7 Sunday; empty every day.
    package var weekdays: Set<Int>
    /// Happenings of one group that only together say something; nil counts alone.
    package var together: Together?

    /// Every one of the values occurs within the span.
    package struct Together: Sendable, Equatable {
        package var fact: String
        /// 2...10.
        package var values: Set<String>

        package init(fact: String, values: Set<String>) {
            self.fact = fact
            self.values = values
        }
    }

    /// From a minute of the day up to another one, the end not included.
    package struct ClosedSpan: Sendable, Equatable {
        package var from: Int
        package var until: Int

        package init(from: Int, until: Int) {
            self.from = from
            self.until = until
        }

        /// `22:00 至次日 06:00`.
        package var text: String { "\(Self.clock(from)) 至\(from >= until ? "次日 " : " ")\(Self.clock(until))" }

        static func clock(_ minute: Int) -> String {
            let hour = String(minute / 60), rest = String(minute % 60)
            return (hour.count < 2 ? "0" : "") + hour + ":" + (rest.count < 2 ? "0" : "") + rest
        }

        func contains(_ minute: Int) -> Bool { from < until ? minute >= from && minute < until : minute >= from || minute < until }
    }

    package init(
        conditions: [Condition] = [], groupedBy: String, times: Int = 1, windowHours: Int = 0, validFrom: Day? = nil, validUntil: Day? = nil, hours: ClosedSpan? = nil,
        weekdays: Set<Int> = [], together: Together? = nil
    ) {
        self.conditions = conditions
        self.groupedBy = groupedBy
        self.times = times
        self.windowHours = windowHours
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.hours = hours
        self.weekdays = weekdays
        self.together = together
    }

    /// Whether the rule looks at that moment at all.
    package func holds(at moment: Moment) -> Bool {
        let day = moment.day
        if let validFrom, day < validFrom { return false }
        if let validUntil, day > validUntil { return false }
        if !weekdays.isEmpty, !weekdays.contains(day.weekday) { return false }
        return hours?.contains(moment.minuteOfDay) ?? true
    }

    /// `当日` or `24 小时内`.
    package var windowText: String { windowHours == 0 ? "当日" : "\(windowHours) 小时内" }

    /// Every fault with its field, by the facts and groupings of its stream; empty when it may be published.
    package func faults(vocabulary: [FactDeclaration], groupings: [String]) -> [FieldFinding] {
        var faults: [FieldFinding] = []
        if !groupings.contains(groupedBy) { faults.append(FieldFinding("groupedBy", "unknownCode", "请选择按什么计次", title: "计次对象")) }
        if !(1...1000).contains(times) { faults.append(FieldFinding("times", "range", "应在 1 至 1000 之间", title: "次数")) }
        if !(0...720).contains(windowHours) { faults.append(FieldFinding("windowHours", "range", "不超过 720 小时，0 为当日", title: "时间窗")) }
        if let validFrom, let validUntil, validFrom > validUntil { faults.append(FieldFinding("validUntil", "range", "不得早于生效日期", title: "失效日期")) }
        if let hours, !(0...1440).contains(hours.from) || !(0...1440).contains(hours.until) || hours.from == hours.until {
            faults.append(FieldFinding("hoursUntil", "range", "起止时刻不能相同", title: "时段"))
        }
        if conditions.isEmpty, times == 1, together == nil { faults.append(FieldFinding("conditions", "required", "至少要有一个条件，或要求多次发生", title: "条件")) }
        if let together, !(2...10).contains(together.values.count) { faults.append(FieldFinding("together", "range", "组合应选 2 至 10 种", title: "组合")) }
        if let together, !vocabulary.contains(where: { $0.name == together.fact }) { faults.append(FieldFinding("together", "unknownCode", "不能按此组合", title: "组合")) }
        if conditions.count > 20 { faults.append(FieldFinding("conditions", "range", "条件不超过 20 个", title: "条件")) }
        let set = RuleSet("watch", version: 1, effectiveFrom: Moment(milliseconds: 0), rules: [Rule("watch", "规则", when: conditions, outcome: "hit")], otherwise: "none")
        return faults + set.faults(vocabulary: vocabulary).map { FieldFinding("conditions", "fault", $0, title: "条件") }
    }
}

extension WatchRule {
    package var json: JSONValue {
        let lines = conditions.map { condition -> JSONValue in
            ["fact": .string(condition.fact), "is": .string(condition.comparison.rawValue), "value": condition.value.json]
        }
        var object = JSONObject([
            ("when", .array(lines)), ("groupedBy", .string(groupedBy)), ("times", .int(Int64(times))), ("windowHours", .int(Int64(windowHours))),
            ("weekdays", .array(weekdays.sorted().map { .int(Int64($0)) })),
        ])
        if let validFrom { object["validFrom"] = .string(validFrom.text) }
        if let validUntil { object["validUntil"] = .string(validUntil.text) }
        if let hours { object["hours"] = .array([.int(Int64(hours.from)), .int(Int64(hours.until))]) }
        if let together { object["together"] = ["fact": .string(together.fact), "values": .array(together.values.sorted().map(JSONValue.string))] }
        return .object(object)
    }

    /// - Throws: `.invalid` `JW-R001` where a condition cannot be read.
    package init(json: JSONValue) throws {
        var conditions: [Condition] = []
        for line in json["when"]?.array ?? [] {
            guard let fact = line["fact"]?.string, let comparison = line["is"]?.string.flatMap(Condition.Comparison.init), let value = FactValue(json: line["value"] ?? .null)
            else {
                throw RuleFailure.unreadable(["有一个条件无法识别"])
            }
            conditions.append(Condition(fact, comparison, value))
        }
        let hours = (json["hours"]?.array ?? []).compactMap(\.int)
        self.init(
            conditions: conditions, groupedBy: json["groupedBy"]?.string ?? "", times: Int(json["times"]?.int ?? 1), windowHours: Int(json["windowHours"]?.int ?? 0),
            validFrom: json["validFrom"]?.string.flatMap { Day(parsing: $0) }, validUntil: json["validUntil"]?.string.flatMap { Day(parsing: $0) },
            hours: hours.count == 2 ? ClosedSpan(from: Int(hours[0]), until: Int(hours[1])) : nil, weekdays: Set((json["weekdays"]?.array ?? []).compactMap(\.int).map { Int($0) }),
            together: json["together"]?["fact"]?.string.map { Together(fact: $0, values: Set((json["together"]?["values"]?.array ?? []).compactMap(\.string))) })
    }
}
