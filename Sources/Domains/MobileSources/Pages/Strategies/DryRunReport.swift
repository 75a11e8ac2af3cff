import Kernel

/// What a dry run found, as it is kept with its task and shown again later.
struct DryRunReport: Sendable {
    struct Part: Sendable {
        var key: String
        var title: String
        var judged: Int
        var refused: Int
        var tonnes: Double
    }

    struct Sample: Sendable {
        var passId: Int64
        var enterprise: String
        var plate: String
        var passedAt: Moment
        var stage: EmissionStage
        var tonnes: Double
        var reason: String
    }

    var strategy: Int64
    var name: String
    var level: WarningLevel
    var from: Day
    var to: Day
    var judged: Int
    var refused: Int
    var tonnes: Double
    var newlyRefused: Int
    var released: Int
    var outside: Int
    var byDay: [Part]
    var byEnterprise: [Part]
    var byStage: [Part]
    var sample: [Sample]

    init(_ report: StrategyDryRun.Report, of strategy: Strategy) {
        self.strategy = strategy.id
        name = "\(strategy.name) v\(strategy.version)"
        level = report.request.level
        from = report.request.from
        to = report.request.to
        judged = report.total.judged
        refused = report.total.refused
        tonnes = report.total.tonnes
        newlyRefused = report.newlyRefused
        released = report.released
        outside = report.outside
        func part(_ key: String, _ title: String, _ sum: StrategyDryRun.Sum) -> Part { Part(key: key, title: title, judged: sum.judged, refused: sum.refused, tonnes: sum.tonnes) }
        byDay = report.byDay.sorted { $0.key < $1.key }.map { part(String($0.key.number), $0.key.text, $0.value) }
        byEnterprise = report.byEnterprise.map { part(String($0.key), report.enterpriseNames[$0.key] ?? "", $0.value) }.sorted { ($0.refused, $1.key) > ($1.refused, $0.key) }
        byStage = report.byStage.sorted { $0.key.rawValue < $1.key.rawValue }.map { part($0.key.rawValue, $0.key.title, $0.value) }
        sample = report.sample.map {
            Sample(passId: $0.passId, enterprise: $0.enterprise, plate: $0.plate, passedAt: $0.passedAt, stage: $0.stage, tonnes: $0.tonnes, reason: $0.reason)
        }
    }

    // MARK: Kept form

    var json: JSONValue {
        func parts(_ parts: [Part]) -> JSONValue {
            .array(
                parts.map {
                    ["key": .string($0.key), "title": .string($0.title), "judged": .int(Int64($0.judged)), "refused": .int(Int64($0.refused)), "tonnes": .double($0.tonnes)]
                })
        }
        let samples = sample.map { one -> JSONValue in
            [
                "passId": .int(one.passId), "enterprise": .string(one.enterprise), "plate": .string(one.plate), "passedAt": .int(one.passedAt.milliseconds),
                "stage": .string(one.stage.rawValue),
                "tonnes": .double(one.tonnes), "reason": .string(one.reason),
            ]
        }
        return [
            "strategy": .int(strategy), "name": .string(name), "level": .string(level.rawValue), "from": .string(from.text), "to": .string(to.text), "judged": .int(Int64(judged)),
            "refused": .int(Int64(refused)),
            "tonnes": .double(tonnes), "newlyRefused": .int(Int64(newlyRefused)), "released": .int(Int64(released)), "outside": .int(Int64(outside)), "byDay": parts(byDay),
            "byEnterprise": parts(byEnterprise),
            "byStage": parts(byStage), "sample": .array(samples),
        ]
    }

    init?(json: JSONValue) {
        guard let level = json["level"]?.string.flatMap(WarningLevel.init(rawValue:)), let from = json["from"]?.string.flatMap({ Day(parsing: $0) }),
            let to = json["to"]?.string.flatMap({ Day(parsing: $0) })
        else { return nil }
        func count(_ name: String) -> Int { json[name]?.int.map { Int($0) } ?? 0 }
        func parts(_ name: String) -> [Part] {
            (json[name]?.array ?? []).map { one in
                Part(
                    key: one["key"]?.string ?? "", title: one["title"]?.string ?? "", judged: one["judged"]?.int.map { Int($0) } ?? 0,
                    refused: one["refused"]?.int.map { Int($0) } ?? 0,
                    tonnes: one["tonnes"]?.double ?? 0)
            }
        }
        strategy = json["strategy"]?.int ?? 0
        name = json["name"]?.string ?? ""
        self.level = level
        self.from = from
        self.to = to
        judged = count("judged")
        refused = count("refused")
        tonnes = json["tonnes"]?.double ?? 0
        newlyRefused = count("newlyRefused")
        released = count("released")
        outside = count("outside")
        byDay = parts("byDay")
        byEnterprise = parts("byEnterprise")
        byStage = parts("byStage")
        sample = (json["sample"]?.array ?? []).map { one in
            Sample(
                passId: one["passId"]?.int ?? 0, enterprise: one["enterprise"]?.string ?? "", plate: one["plate"]?.string ?? "",
                passedAt: Moment(milliseconds: one["passedAt"]?.int ?? 0),
                stage: one["stage"]?.string.flatMap(EmissionStage.init(rawValue:)) ?? .unknown, tonnes: one["tonnes"]?.double ?? 0, reason: one["reason"]?.string ?? "")
        }
    }
}
