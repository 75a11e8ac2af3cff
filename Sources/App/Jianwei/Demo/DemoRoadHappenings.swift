import Features
import Identity
import Kernel
import Ledgers
import Maps
import RoadChiefs
import Storage
import Workflows

/// What happened on the demonstration's roads: last month from the tasks to the published sheet, this month half done.
struct DemoRoadHappenings: Sendable {
    let platform: Platform
    let ground: DemoRoads.Ground
    let now: Moment
    private let office = Principal.system("路长办专员（演示）")
    private let unit = Principal.system("责任单位管理员（演示）")

    init(platform: Platform, ground: DemoRoads.Ground, now: Moment) {
        self.platform = platform
        self.ground = ground
        self.now = now
    }

    private var month: RoadMonth { RoadMonth(of: now.day) }

    private func create(_ ledger: LedgerDeclaration, _ values: [String: JSONValue], org: Int64?, by principal: Principal? = nil, in tx: any Transaction) throws -> Record {
        try platform.ledgers.create(ledger.name, Draft(values, org: org), by: principal ?? unit, in: tx)
    }

    private func change(_ ledger: LedgerDeclaration, _ id: Int64, _ values: [String: JSONValue], in tx: any Transaction) throws {
        _ = try platform.ledgers.update(ledger.name, id: id, Draft(values), by: office, in: tx)
    }

    /// Takes a transition on the row's case.
    private func move(
        _ ledger: LedgerDeclaration, _ id: Int64, _ transition: String, opinion: String? = nil, _ values: [String: JSONValue] = [:], by principal: Principal, in tx: any Transaction
    )
        throws
    {
        guard let item = try platform.workflows.cases(about: WorkflowSubject(ledger.name, id), in: tx).first,
            let step = try platform.workflows.path(of: item.id, in: tx).last(where: { $0.state == .open })
        else { return }
        try platform.workflows.move(CaseMove(step: step.id, transition, opinion: opinion, values: values), by: principal, in: tx)
    }

    private func feedback(at moment: Moment) -> [String: JSONValue] {
        [
            "handledAt": .string(moment.text), "place": "廉州路与世纪大道交口（演示）", "inspectors": "演示巡查员甲、乙", "result": "已清理并恢复路面，现场复核无遗留（演示）", "photos": ground.photo,
        ]
    }

    private func task(_ name: String, _ kind: String, road: Int, deadline: Moment, in tx: any Transaction) throws -> Record {
        let values: [String: JSONValue] = [
            "name": .string("\(name)（演示）"), "kind": .string(kind), "road": .int(ground.roads[road].id), "deadline": .string(deadline.text),
            "requirement": "立即整改，完成后上传现场照片（演示）", "source": JSONValue(ground.sources.first),
        ]
        return try create(RoadTask.ledger, values, org: nil, by: office, in: tx)
    }

    private func at(_ month: RoadMonth, _ day: Int, _ hour: Int) -> Moment { month.first.adding(days: day - 1).start.adding(seconds: Int64(hour) * 3600) }

    // MARK: Last month

    func lastMonth(in tx: any Transaction) throws {
        let last = month.previous
        // In time; late by fifteen hours; late and appealed with success; once not passed.
        for (index, late) in [Int64(-20), 15, 30, -8].enumerated() {
            let deadline = at(last, 12 + index * 3, 18)
            let made = try task(
                ["占道经营整治", "路面破损修复", "渣土遗撒清理", "井盖缺失补装"][index], ["special", "superior", "command", "petition"][index], road: index * 2, deadline: deadline, in: tx)
            let answered = deadline.adding(seconds: late * 3600)
            try move(RoadTask.ledger, made.id, "submit", feedback(at: answered), by: unit, in: tx)
            if index == 3 {
                try move(RoadTask.ledger, made.id, "fail", opinion: "照片不清晰，未见补装后的井盖（演示）", ["deadline": .string(deadline.adding(seconds: 172_800).text)], by: office, in: tx)
                try change(RoadTask.ledger, made.id, ["failedAt": .string(answered.adding(seconds: 36_000).text)], in: tx)
                try move(RoadTask.ledger, made.id, "submit", feedback(at: answered.adding(seconds: 86_400)), by: unit, in: tx)
            }
            try move(RoadTask.ledger, made.id, "pass", by: office, in: tx)
            try change(
                RoadTask.ledger, made.id,
                ["firstFeedbackAt": .string(answered.text), "feedbackAt": .string(answered.text), "closedAt": .string(answered.adding(seconds: 43_200).text)], in: tx)
            guard index == 2 else { continue }
            let values: [String: JSONValue] = ["name": "渣土遗撒清理超期申诉（演示）", "about": "overdue", "task": .int(made.id), "reason": "当日突降暴雨，清扫车辆无法作业，已有气象证明（演示）"]
            let appeal = try create(RoadAppeal.ledger, values, org: nil, in: tx)
            try move(RoadAppeal.ledger, appeal.id, "pass", by: office, in: tx)
            try change(RoadAppeal.ledger, appeal.id, ["decidedAt": .string(at(last, 25, 10).text)], in: tx)
        }
        try daily(last, in: tx)
        for (index, record) in ground.units.enumerated() {
            for number in 0..<(index == 1 ? 3 : 4) { try round(record, last, number, misses: index == 0 && number == 2 ? 1 : 0, in: tx) }
        }
        try emergency("路灯杆倾斜", road: 0, happened: at(last, 9, 7), minutes: 25, in: tx)
        try emergency("强风刮倒行道树", road: 3, happened: at(last, 17, 22), minutes: 155, in: tx)
        let article: [String: JSONValue] = [
            "kind": "article", "name": "“一路一长”让背街小巷亮起来（演示）", "mediaLevel": "city", "media": "演示日报", "usedOn": .string(last.first.adding(days: 10).text), "photos": ground.photo,
        ]
        let bonus = try create(BonusItem.ledger, article, org: ground.units[0].org, in: tx)
        try move(BonusItem.ledger, bonus.id, "pass", by: office, in: tx)
        try change(BonusItem.ledger, bonus.id, ["decidedAt": .string(at(last, 20, 9).text)], in: tx)
        _ = try AppraisalDesk(platform: platform).publish(last, by: office, in: tx)
    }

    private func daily(_ last: RoadMonth, in tx: any Transaction) throws {
        guard let rule = try tx.value("SELECT id FROM appraisal_rule WHERE code = 'XZ04' AND deleted_at IS NULL")?.int else { return }
        let values: [String: JSONValue] = ["day": .string(last.first.adding(days: 19).text), "rule": .int(rule), "note": "巡查台账缺两次签字（演示）"]
        _ = try create(DailyAppraisal.ledger, values, org: ground.units[1].org, by: office, in: tx)
    }

    private func emergency(_ name: String, road: Int, happened: Moment, minutes: Int, in tx: any Transaction) throws {
        let values: [String: JSONValue] = [
            "name": .string("\(name)（演示）"), "road": .int(ground.roads[road].id), "happenedAt": .string(happened.text), "place": "道路中段（演示）", "photos": ground.photo,
            "process": "设置警示、疏导交通，联系产权单位到场处置（演示）", "result": "两小时内恢复通行（演示）",
        ]
        let made = try create(RoadEmergency.ledger, values, org: nil, in: tx)
        try move(RoadEmergency.ledger, made.id, "pass", by: office, in: tx)
        let delay = RoadEmergency.delay(happenedAt: happened, reportedAt: happened.adding(seconds: Int64(minutes) * 60), limit: 60)
        try change(
            RoadEmergency.ledger, made.id,
            ["reportedAt": .string(happened.adding(seconds: Int64(minutes) * 60).text), "delay": .int(Int64(delay.minutes)), "isLate": .bool(delay.isLate)], in: tx)
    }

    /// A round whose roads were walked, but for some.
    private func round(_ record: Record, _ month: RoadMonth, _ number: Int, misses: Int, in tx: any Transaction) throws {
        let from = month.first.adding(days: number * 7), to = number == 3 ? month.last : from.adding(days: 6)
        let made = try create(
            PatrolRound.ledger, ["startsOn": .string(from.text), "endsOn": .string(to.text), "content": "路面、井盖、护栏、市容秩序（演示）"], org: record.org, in: tx)
        let patrols = try tx.rows("SELECT id, road FROM road_patrol WHERE round = \(made.id) AND deleted_at IS NULL ORDER BY id")
        for (index, row) in patrols.enumerated() {
            guard let id = row.int("id"), index >= misses else {
                try change(RoadPatrol.ledger, row.int("id") ?? 0, ["state": "missed"], in: tx)
                continue
            }
            try walked(id, road: row.int("road"), from: from.start.adding(seconds: 32_400 + Int64(index) * 5_400), in: tx)
        }
        try change(PatrolRound.ledger, made.id, ["done": .int(Int64(patrols.count - misses))], in: tx)
    }

    /// Along the road's own line at walking pace.
    private func walked(_ patrol: Int64, road: Int64?, from start: Moment, in tx: any Transaction) throws {
        guard let line = try ground.roads.first(where: { $0.id == road })?.values["line"]?.text.map({ try RoadLine(geoJSON: $0) }), let first = line.points.first else { return }
        var points = [PatrolTrack.Point(at: start, place: first, accuracy: 8)]
        for (here, next) in zip(line.points, line.points.dropFirst()) {
            for part in 1...8 {
                let share = Double(part) / 8
                let place = Coordinate(here.longitude + (next.longitude - here.longitude) * share, here.latitude + (next.latitude - here.latitude) * share)
                points.append(PatrolTrack.Point(at: points[points.count - 1].at.adding(seconds: 70), place: place, accuracy: 8))
            }
        }
        for point in points {
            try tx.execute(
                """
                INSERT INTO road_tracks (patrol, at, longitude, latitude, accuracy) VALUES (\(patrol), \(point.at), \(point.place.longitude), \(point.place.latitude), \(point.accuracy))
                ON CONFLICT (patrol, at) DO NOTHING
                """)
        }
        guard let last = points.last else { return }
        let kilometres = (PatrolTrack.kilometres(points) * 100).rounded() / 100
        try change(
            RoadPatrol.ledger, patrol,
            [
                "state": "done", "startedAt": .string(start.text), "endedAt": .string(last.at.text), "startPlace": .string(first.text), "endPlace": .string(last.place.text),
                "walkedLength": .double(kilometres), "walker": "演示巡查员", "content": "路面完好，发现问题已上报（演示）",
            ], in: tx)
    }

    // MARK: This month

    func thisMonth(in tx: any Transaction) throws {
        let day = Int64(86_400)
        _ = try task("店外经营集中整治", "special", road: 0, deadline: now.adding(seconds: 3 * day), in: tx)
        _ = try task("信访投诉：夜间施工占道", "petition", road: 1, deadline: now.adding(seconds: -day), in: tx)
        let review = try task("指挥中心抄告：路面坑槽", "command", road: 2, deadline: now.adding(seconds: 2 * day), in: tx)
        try move(RoadTask.ledger, review.id, "submit", feedback(at: now.adding(seconds: -7_200)), by: unit, in: tx)
        let rework = try task("季度检查：护栏缺失", "quarterly", road: 4, deadline: now.adding(seconds: day), in: tx)
        try move(RoadTask.ledger, rework.id, "submit", feedback(at: now.adding(seconds: -10_800)), by: unit, in: tx)
        try move(RoadTask.ledger, rework.id, "fail", opinion: "只修复一侧，另一侧仍缺失（演示）", ["deadline": .string(now.adding(seconds: 2 * day).text)], by: office, in: tx)
        let done = try task("协调保障：赛事沿线环境", "coordination", road: 6, deadline: now.adding(seconds: day), in: tx)
        try move(RoadTask.ledger, done.id, "submit", feedback(at: now.adding(seconds: -3_600)), by: unit, in: tx)
        try move(RoadTask.ledger, done.id, "pass", by: office, in: tx)
        try problems(in: tx)
        let report: [String: JSONValue] = [
            "name": "供水管线爆裂（演示）", "road": .int(ground.roads[0].id), "happenedAt": .string(now.adding(seconds: -1_500).text), "place": "廉州路 12 号门前（演示）", "photos": ground.photo,
            "process": "已封闭一条车道，通知供水公司（演示）",
        ]
        _ = try create(RoadEmergency.ledger, report, org: nil, in: tx)
        let innovation: [String: JSONValue] = ["kind": "innovation", "name": "路长“扫码问路”（演示）", "description": "每条道路一牌一码，群众扫码反映问题（演示）", "benefit": "问题发现时间缩短一半（演示）"]
        _ = try create(BonusItem.ledger, innovation, org: ground.units[0].org, in: tx)
        try rounds(in: tx)
    }

    private func problems(in tx: any Transaction) throws {
        for (index, name) in ["占道经营摊点", "机动车停放人行道", "路面坑槽", "渣土遗撒", "雨水井盖破损"].enumerated() {
            let road = ground.roads[index * 2]
            let place = road.values["line"]?.text.flatMap { try? RoadLine(geoJSON: $0) }?.points[2 + index % 3]
            let values: [String: JSONValue] = [
                "name": .string("\(name)（演示）"), "category": .int(ground.categories[index]), "source": JSONValue(ground.sources.first), "road": .int(road.id),
                "foundAt": .string(now.adding(seconds: -Int64(index + 1) * 30_000).text), "place": "道路中段（演示）", "location": place.map { .string($0.text) } ?? .null,
                "photos": ground.photo,
                "description": "巡查发现（演示）",
            ]
            let made = try create(RoadProblem.ledger, values, org: nil, in: tx)
            if index % 2 == 1 { try move(RoadProblem.ledger, made.id, "done", ["handling": "已联系责任人当场整改（演示）"], by: unit, in: tx) }
        }
    }

    /// What of this month has come: whole rounds in the past, the present one half walked.
    private func rounds(in tx: any Transaction) throws {
        for (index, record) in ground.units.enumerated() {
            for number in 0..<4 {
                let from = month.first.adding(days: number * 7), to = number == 3 ? month.last : from.adding(days: 6)
                guard from <= now.day else { continue }
                if to < now.day {
                    try round(record, month, number, misses: index == 2 && number == 0 ? 1 : 0, in: tx)
                    continue
                }
                let made = try create(PatrolRound.ledger, ["startsOn": .string(from.text), "endsOn": .string(to.text), "content": "路面、井盖、护栏、市容秩序（演示）"], org: record.org, in: tx)
                let patrols = try tx.rows("SELECT id, road FROM road_patrol WHERE round = \(made.id) AND deleted_at IS NULL ORDER BY id")
                guard let first = patrols.last, let id = first.int("id"), from < now.day else { continue }
                try walked(id, road: first.int("road"), from: from.start.adding(seconds: 32_400), in: tx)
                try change(PatrolRound.ledger, made.id, ["done": 1], in: tx)
            }
        }
    }
}
