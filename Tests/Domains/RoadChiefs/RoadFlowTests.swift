import Features
import Identity
import Kernel
import Ledgers
import Maps
import RoadChiefs
import Storage
import Testing
import Workflows

@Suite("B3.1.3 B3.2 路长制办理与考核", .serialized)
struct RoadFlowTests {
    static let photo: JSONValue = .array([["sha256": .string(String(repeating: "ab", count: 32)), "name": "现场.jpg", "mediaType": "image/jpeg", "size": 100]])

    static func feedback(_ at: String) -> [String: JSONValue] {
        ["handledAt": .string(at), "place": "建设大街口", "inspectors": "张三", "result": "已清理", "photos": photo]
    }

    /// A task for the first unit's first road, due on the 21st at noon.
    private func task(_ house: RoadHouse) async throws -> Record {
        let road = try await house.id("road", "code", "U1-1")
        return try await house.create(
            RoadTask.ledger,
            ["name": "清理占道", "kind": "special", "road": .int(road), "deadline": "2026-10-21 12:00:00", "requirement": "立即整改"], by: "office")
    }

    @Test func `handed down, not passed, again, appealed, scored, frozen`() async throws {
        let house = try await RoadHouse()
        let task = try await task(house)
        // The unit follows from the road, the chief too; it lies on the chief's desk and on the unit's.
        #expect(task.org == house.person("unit1").organisation)
        for login in ["chief1", "unit1"] {
            let todo = try await house.platform.database.read { try house.platform.workflows.list(WorkQuery(.todo), by: house.person(login), in: $0) }
            #expect(todo.lines.map(\.item.title) == ["清理占道"] && todo.lines[0].step?.dueAt == Moment(parsing: "2026-10-21 12:00:00"), "\(login)")
        }
        await #expect(throws: Failure.self) { try await house.move(RoadTask.ledger, task.id, "submit", Self.feedback("2026-10-20 13:00:00"), by: "unit2") }
        house.move(to: "2026-10-22 09:30:00")
        await #expect(throws: Failure.self) { try await house.move(RoadTask.ledger, task.id, "submit", ["place": "无照片"], by: "chief1") }
        try await house.move(RoadTask.ledger, task.id, "submit", Self.feedback("2026-10-22 09:00:00"), by: "chief1")
        #expect(try await house.values(RoadTask.ledger, task.id)["state"]?.text == "review")
        // Not passed without a reason: refused.
        await #expect(throws: Failure.self) { try await house.move(RoadTask.ledger, task.id, "fail", ["deadline": "2026-10-25 12:00:00"], by: "office") }
        try await house.move(RoadTask.ledger, task.id, "fail", opinion: "照片不清", ["deadline": "2026-10-25 12:00:00"], by: "office")
        let failed = try await house.values(RoadTask.ledger, task.id)
        #expect(failed["state"]?.text == "rework" && failed["failedTimes"]?.int == 1)
        try await house.move(RoadTask.ledger, task.id, "submit", Self.feedback("2026-10-23 09:00:00"), by: "unit1")
        try await house.move(RoadTask.ledger, task.id, "pass", by: "office")
        let done = try await house.values(RoadTask.ledger, task.id)
        #expect(done["state"]?.text == "done" && done["firstFeedbackAt"]?.int == Moment(parsing: "2026-10-22 09:30:00")?.milliseconds)

        house.move(to: "2026-11-02 08:00:00")
        // 100 − 4 rounds × 2 − overdue 2 − not passed 1.
        #expect(try await house.standings("2026-10", by: "unit1").map(\.sheet.total) == [89])
        let appeal = try await house.create(RoadAppeal.ledger, ["name": "暴雨", "about": "overdue", "task": .int(task.id), "reason": "当日暴雨，无法作业"], by: "unit1")
        await #expect(throws: Failure.self) {
            _ = try await house.create(RoadAppeal.ledger, ["name": "再诉", "about": "overdue", "task": .int(task.id), "reason": "当日暴雨，无法作业"], by: "unit1")
        }
        try await house.move(RoadAppeal.ledger, appeal.id, "pass", by: "office")
        let sheet = try await house.standings("2026-10", by: "unit1")[0].sheet
        #expect(sheet.total == 91 && sheet.lines.filter(\.isWithdrawn).map(\.trigger) == ["overdueTask"])

        let month = try #require(RoadMonth(parsing: "2026-10"))
        let desk = AppraisalDesk(platform: house.platform)
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.publish(month, by: house.person("unit1"), in: $0) } }
        #expect(try await house.platform.database.write { try desk.publish(month, by: house.person("office"), in: $0) } == 1)
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.publish(month, by: house.person("office"), in: $0) } }
        // Frozen: what changes later changes nothing; an appeal that passes later is given back in its own month.
        let later = try await house.create(RoadAppeal.ledger, ["name": "照片", "about": "failed", "task": .int(task.id), "reason": "照片原图已补交，请复核"], by: "unit1")
        try await house.move(RoadAppeal.ledger, later.id, "pass", by: "office")
        let frozen = try await house.standings("2026-10", by: "unit1")[0]
        #expect(frozen.sheet.total == 91 && frozen.publishedAt != nil)
        let november = try await house.standings("2026-11", by: "unit1")[0].sheet
        #expect(november.lines.map(\.points) == [1] && november.total == 101)
        // The other county's unit was not the office's to publish.
        #expect(try await house.standings("2026-10", by: "unit2").map(\.publishedAt) == [nil])
    }

    @Test func `a round covers every road, what is not walked is missed`() async throws {
        let house = try await RoadHouse()
        let (chief, unit) = (house.person("chief1"), house.person("unit1"))
        let round = try await house.create(PatrolRound.ledger, ["startsOn": "2026-10-19", "endsOn": "2026-10-25"], by: "unit1")
        #expect(round.values["name"]?.text == "2026 年 10 月第 1 次巡检" && round.values["roads"]?.int == 2)
        await #expect(throws: Failure.self) { _ = try await house.create(PatrolRound.ledger, ["startsOn": "2026-10-30", "endsOn": "2026-11-02"], by: "unit1") }
        let patrols = try await house.platform.database.read { try $0.rows("SELECT id FROM road_patrol ORDER BY id").compactMap { $0.int("id") } }
        #expect(patrols.count == 2)
        let desk = PatrolDesk(platform: house.platform)
        let first = patrols[0]
        try await house.platform.database.write { tx in
            _ = try desk.start(first, at: Coordinate(114.5, 38), by: chief, in: tx)
            // Whoever walks goes on; nobody else may.
            _ = try desk.start(first, at: nil, by: chief, in: tx)
        }
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.start(first, at: nil, by: unit, in: $0) } }
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.start(first, at: nil, by: house.person("unit2"), in: $0) } }
        house.move(to: "2026-10-20 12:10:00")
        let point = PatrolTrack.Point(at: Moment(parsing: "2026-10-20 12:09:00") ?? RoadHouse.noon, place: Coordinate(114.5, 38.01), accuracy: 10)
        let before = PatrolTrack.Point(at: Moment(parsing: "2026-10-20 11:00:00") ?? RoadHouse.noon, place: Coordinate(115.5, 38.01))
        let walked = try await house.platform.database.write { try desk.add([before, point, point], to: first, by: chief, in: $0) }
        #expect((1.10...1.12).contains(walked))
        let done = try await house.platform.database.write { try desk.finish(first, at: Coordinate(114.5, 38.01), content: "完好", by: chief, in: $0) }
        #expect(done.values["state"]?.text == "done" && done.values["walkedLength"]?.double == 1.11)
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.finish(first, at: nil, content: nil, by: chief, in: $0) } }
        #expect(try await house.values(PatrolRound.ledger, round.id)["done"]?.int == 1)
        house.move(to: "2026-11-01 00:10:00")
        #expect(try await house.platform.database.write { try desk.closeMonths(in: $0) } == 1)
        #expect(try await house.platform.database.write { try desk.closeMonths(in: $0) } == 0)
        let second = patrols[1]
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try desk.start(second, at: nil, by: chief, in: $0) } }
        let sheet = try await house.standings("2026-10", by: "unit1")[0].sheet
        // Three rounds too few, one road missed.
        #expect(sheet.rounds == 1 && sheet.missed == 1 && sheet.total == 93.5)
    }

    @Test func `emergencies by the server's clock, bonus items add by themselves`() async throws {
        let house = try await RoadHouse()
        let road = try await house.id("road", "code", "U1-2")
        let values: [String: JSONValue] = ["name": "倒树", "road": .int(road), "happenedAt": "2026-10-20 10:30:00", "place": "路中", "photos": Self.photo, "process": "封闭车道"]
        let late = try await house.create(RoadEmergency.ledger, values, by: "chief1")
        #expect(late.values["delay"]?.int == 90 && late.values["isLate"]?.int == 1 && late.values["reportedAt"]?.int == RoadHouse.noon.milliseconds)
        var future = values
        future["happenedAt"] = "2026-10-20 13:30:00"
        let ahead = future
        await #expect(throws: Failure.self) { _ = try await house.create(RoadEmergency.ledger, ahead, by: "chief1") }
        // What was reported is the office's to correct; then it is judged anew.
        await #expect(throws: Failure.self) { try await house.change(RoadEmergency.ledger, late.id, ["happenedAt": "2026-10-20 11:50:00"], by: "chief1") }
        for (happened, minutes, isLate) in [("2026-10-20 11:50:00", 10, false), ("2026-10-20 10:30:00", 90, true)] {
            try await house.change(RoadEmergency.ledger, late.id, ["happenedAt": .string(happened)], by: "office")
            let row = try await house.values(RoadEmergency.ledger, late.id)
            #expect(row["delay"]?.int == Int64(minutes) && row["isLate"]?.int == (isLate ? 1 : 0))
        }
        try await house.move(RoadEmergency.ledger, late.id, "fail", opinion: "处置结果不明", by: "office")
        try await house.move(RoadEmergency.ledger, late.id, "submit", ["process": "封闭车道", "result": "已清走"], by: "chief1")
        try await house.move(RoadEmergency.ledger, late.id, "pass", by: "office")
        #expect(try await house.values(RoadEmergency.ledger, late.id)["state"]?.text == "done")
        await #expect(throws: Failure.self) { _ = try await house.create(BonusItem.ledger, ["kind": "article", "name": "稿件"], by: "unit1") }
        let bonus = try await house.create(BonusItem.ledger, ["kind": "article", "name": "稿件", "media": "日报", "mediaLevel": "province"], by: "unit1")
        try await house.move(BonusItem.ledger, bonus.id, "pass", by: "office")
        house.move(to: "2026-11-01 08:00:00")
        let sheet = try await house.standings("2026-10", by: "unit1")[0].sheet
        #expect(sheet.sum("emergency") == -2 && sheet.sum("bonus") == 3)
    }

    @Test func `a unit sees its own, pages open for whom they are made`() async throws {
        let house = try await RoadHouse()
        _ = try await task(house)
        #expect(try await house.get("/ledgers/roadTask", by: "unit1").body.contains("清理占道"))
        #expect(try await !house.get("/ledgers/roadTask", by: "unit2").body.contains("清理占道"))
        for path in ["/road-work", "/road-patrols", "/road-contacts", "/ledgers/road"] { #expect(try await house.get(path, by: "chief1").status == 200, "\(path)") }
        for path in [
            "/road-map", "/road-query", "/road-appraisal?month=2026-10", "/road-statistics", "/road-statistics?by=month", "/road-statistics?by=category", "/ledgers/roadAppeal/new",
        ] {
            #expect(try await house.get(path, by: "unit1").status == 200, "\(path)")
        }
        #expect(try await house.get("/road-query", by: "unit1").body.contains("清理占道"))
        #expect(try await !house.get("/road-query", by: "unit2").body.contains("清理占道"))
        #expect(try await house.get("/road-map", by: "office").body.contains("建北1号路"))
        #expect(try await !house.get("/road-map", by: "unit2").body.contains("建北1号路"))
        #expect(try await house.get("/ledgers/roadTask/new", by: "chief1").status == 403)
        #expect(try await house.get("/road-appraisal", by: "chief1").status == 403)
        #expect(try await house.get("/ledgers/roadTask/new", by: "office").body.contains("责任单位"))
    }
}
