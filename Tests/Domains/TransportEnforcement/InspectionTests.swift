import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Storage
import Testing
import TransportEnforcement
import Workflows

@Suite("B1.1 B1.3 监督检查：周期、三态、措施递进、抽检")
struct InspectionTests {
    struct Due: CustomTestStringConvertible, Sendable {
        let result: InspectionResult, days: Int, due: Int?
        var testDescription: String { "\(result.title) 周期 \(days) 天" }
    }
    static let dues: [Due] = [
        Due(result: .pass, days: 30, due: 20_261_223), Due(result: .pass, days: 1, due: 20_261_124), Due(result: .pass, days: 365, due: 20_271_123),
        Due(result: .fail, days: 30, due: 20_261_123),
        Due(result: .ignore, days: 30, due: nil),
    ]

    @Test(arguments: dues)
    func itemsComeAgain(_ example: Due) throws {
        let day = try #require(Day(number: 20_261_123))
        #expect(InspectionRules.nextDue(example.result, on: day, days: example.days)?.number == example.due)
    }

    struct Chain: CustomTestStringConvertible, Sendable {
        let results: [InspectionResult], isGrave: Bool, stage: InspectionRules.Stage
        var testDescription: String { results.map(\.title).joined(separator: "→") + (isGrave ? "（严重）" : "") }
    }
    static let chains: [Chain] = [
        Chain(results: [.pass], isGrave: false, stage: .none), Chain(results: [.fail], isGrave: false, stage: .recheck),
        Chain(results: [.fail, .fail], isGrave: false, stage: .penalty),
        Chain(results: [.fail, .fail, .fail], isGrave: false, stage: .rectify), Chain(results: [.fail, .fail, .fail, .fail], isGrave: false, stage: .revoke),
        Chain(results: [.fail, .pass, .fail], isGrave: false, stage: .recheck), Chain(results: [.fail, .ignore, .fail], isGrave: false, stage: .penalty),
        Chain(results: [.fail], isGrave: true, stage: .revoke),
        Chain(results: [.pass], isGrave: true, stage: .none),
    ]

    @Test(arguments: chains)
    func measuresGrow(_ example: Chain) {
        let failures = example.results.reduce(0) { InspectionRules.failures($1, before: $0) }
        #expect(InspectionRules.stage(failures: failures, isGrave: example.isGrave) == example.stage)
    }

    @Test func theSameSeedDrawsTheSame() {
        for (count, population) in [(3, 10), (5, 5), (8, 3), (1, 1), (0, 4)] {
            let first = InspectionRules.draw(count, of: population, seed: 42)
            #expect(first == InspectionRules.draw(count, of: population, seed: 42) && first.count == min(count, population) && Set(first).count == first.count)
        }
        #expect(InspectionRules.draw(5, of: 100, seed: 1) != InspectionRules.draw(5, of: 100, seed: 2))
        #expect(Set((0..<300).flatMap { InspectionRules.draw(1, of: 10, seed: Int64($0)) }).count == 10, "每个都可能抽中")
    }

    private func furnished() async throws -> EnforcementHouse {
        let house = try await EnforcementHouse()
        try await house.platform.database.write { [platform = house.platform, carrier = house.carrier, outside = house.outside] tx in
            for (record, industry) in [(carrier, "PH"), (outside, "GT")] {
                _ = try platform.ledgers.update("transportSubject", id: record.id, Draft(["industry": .string(industry)]), by: .system(), in: tx)
            }
            try InspectionDesk(platform: platform).gather(in: tx)
        }
        return house
    }

    private func pending(_ house: EnforcementHouse, _ subject: Int64) async throws -> [String] {
        try await house.platform.database.read { [today = house.platform.clock.today] reader in
            try reader.rows(
                """
                SELECT i.code, p.origin, p.assignee_name FROM pending_inspections p JOIN inspection_item i ON i.id = p.item WHERE p.subject = \(subject) AND p.state = 'open' AND p.due_on <= \(today) ORDER BY i.code
                """
            ).map { "\($0.text("code") ?? "") \($0.text("origin") ?? "") \($0.text("assignee_name") ?? "-")" }
        }
    }

    private func submit(_ house: EnforcementHouse, _ results: [String: InspectionResult], by login: String = "inspector", isGrave: Bool = false) async throws {
        try await house.platform.database.write { [platform = house.platform, subject = house.carrier.id, person = house.person(login)] tx in
            let findings = try results.sorted { $0.key < $1.key }.map { code, result in
                InspectionDesk.Finding(
                    item: try tx.value("SELECT id FROM inspection_item WHERE code = \(code)")?.int ?? 0, result: result, note: result == .fail ? "现场不符" : "",
                    photo: result == .fail ? String(repeating: "a", count: 64) : nil)
            }
            _ = try InspectionDesk(platform: platform).submit(InspectionDesk.Visit(subject: subject, findings: findings, isGrave: isGrave), by: person, in: tx)
        }
    }

    private func state(_ house: EnforcementHouse) async throws -> String? {
        try await house.platform.database.read { [subject = house.carrier.id] in try $0.value("SELECT state FROM transport_subject WHERE id = \(subject)")?.text }
    }

    @Test("首次待查自动派给网格内检查人员；不达标当日再现并锁止；合格到期才再现")
    func itemsFollowTheirResults() async throws {
        let house = try await furnished()
        let name = house.person("inspector").name
        #expect(try await pending(house, house.carrier.id) == ["J01", "J06", "J07", "J08", "J09", "J11"].map { "\($0) first \(name)" })
        #expect(try await pending(house, house.outside.id) == ["J07 first -", "J08 first -"], "网格外的没有检查人员")
        try await submit(house, ["J01": .pass, "J06": .ignore, "J07": .pass, "J08": .fail, "J09": .pass, "J11": .pass])
        #expect(try await pending(house, house.carrier.id) == ["J08 failed \(name)"])
        #expect(try await state(house) == "locked")
        try await submit(house, ["J08": .pass])
        #expect(try await pending(house, house.carrier.id) == [])
        #expect(try await state(house) == "normal")
        for (days, codes) in [(14, []), (1, ["J09"]), (15, ["J07", "J08", "J09", "J11"])] as [(Int64, [String])] {
            try await house.pass(days: days)
            try await house.platform.database.write { [platform = house.platform] tx in _ = try InspectionDesk(platform: platform).gather(in: tx) }
            #expect(try await pending(house, house.carrier.id).map { String($0.prefix(3)) } == codes, "又过 \(days) 天")
        }
    }

    @Test func failuresAskForPhotoAndWords() async throws {
        let house = try await furnished()
        let code = try await failureCode {
            try await house.platform.database.write { [platform = house.platform, subject = house.carrier.id, person = house.person("inspector")] tx in
                let item = try tx.value("SELECT id FROM inspection_item WHERE code = 'J07'")?.int ?? 0
                _ = try InspectionDesk(platform: platform).submit(InspectionDesk.Visit(subject: subject, findings: [.init(item: item, result: .fail)]), by: person, in: tx)
            }
        }
        #expect(code == "JW-K422")
        #expect(try await failureCode { try await submit(house, ["J07": .pass], by: "inspector2") } == "JW-K404", "没有网格的检查人员看不到主体")
    }

    @Test func boundOfficersInspectTheirItems() async throws {
        let house = try await furnished()
        try await house.platform.database.write { [platform = house.platform, leader = house.person("leader")] tx in
            _ = try platform.ledgers.create("itemBinding", Draft(["login": "inspector", "items": ["J07"]]), by: leader, in: tx)
        }
        #expect(try await failureCode { try await submit(house, ["J08": .pass]) } == "JW-K422", "超出部分须流转")
        try await submit(house, ["J07": .pass])
    }

    @Test func secondFailureWaitsForTheLeader() async throws {
        let house = try await furnished()
        try await submit(house, ["J08": .fail])
        try await submit(house, ["J08": .fail])
        let row = try #require(try await house.platform.database.read { try $0.first("SELECT id, stage, final_state FROM inspection_records ORDER BY id DESC LIMIT 1") })
        #expect(row.text("stage") == "penalty" && row.text("final_state") == "decide")
        let path = "/inspection/records/\(row.int("id") ?? 0)/decide"
        #expect(try await house.ask("inspector", path).status == 403)
        #expect(try await house.ask("leader4", path).status == 404)
        #expect(try await house.ask("leader", path).body.contains("1000～5000 元"))
        #expect(try await house.ask("leader", path, post: ["measure": "fine", "fine": "9000", "note": "再查仍不合格"]).body.contains("超出规定幅度"))
        #expect(try await house.ask("leader", path, post: ["measure": "fine", "fine": "3000", "note": "再查仍不合格"]).status < 400)
        let decided = try await house.platform.database.read { try $0.first("SELECT final_state, amount, approver FROM inspection_records ORDER BY id DESC LIMIT 1") }
        #expect(decided?.text("final_state") == "decided" && decided?.double("amount") == 3000 && decided?.text("approver") == house.person("leader").name)
        let figures = try await house.platform.database.read { [platform = house.platform, scope = house.person("leader").scope] reader in
            try InspectionFigures.read(
                from: Day(number: 20_261_101)!, to: Day(number: 20_261_201)!, scope: scope, dictionaries: platform.dictionaries, today: platform.clock.today, reader)
        }
        #expect(figures.visits == 2 && figures.failed == 2 && figures.amount == 3000 && figures.officers.first?.penalties == 1 && figures.grids.count == 1)
        for page in ["/inspection/statistics", "/inspection/tracks", "/inspection/draws", "/ledgers/inspectionRecord", "/ledgers/pendingInspection", "/ledgers/fieldTask"] {
            #expect(try await house.ask("leader", page).status == 200, "\(page)")
        }
    }

    @Test func randomDrawsAreKeptAndSentOut() async throws {
        let house = try await furnished()
        let drawn = try await house.platform.database.write { [platform = house.platform, leader = house.person("leader")] tx in
            try InspectionCampaigns(platform: platform).draw(subjects: 2, items: 2, kind: nil, seed: 7, by: leader, in: tx)
        }
        #expect(drawn.population == 2 && Set(drawn.subjects) == ["示例货运有限公司", "示例个体运输户"] && drawn.items.count == 2)
        let waiting = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM pending_inspections WHERE draw = \(drawn.id)") }
        #expect(waiting == 4)
        #expect(try await house.ask("leader", "/inspection/draws/\(drawn.id)").body.contains("示例货运有限公司"))
        #expect(try await house.ask("leader4", "/inspection/draws/\(drawn.id)").status == 404)
        #expect(
            try await failureCode {
                _ = try await house.platform.database.write { [platform = house.platform, leader = house.person("leader4")] tx in
                    try InspectionCampaigns(platform: platform).draw(subjects: 2, items: 2, kind: nil, seed: 7, by: leader, in: tx)
                }
            } == "JW-EN11")
    }

    @Test func campaignsMakeItemsOnce() async throws {
        let house = try await furnished()
        let record = try await house.platform.ledgers.create(
            "inspectionCampaign",
            Draft(["name": "国庆专项", "kind": "holiday", "startOn": "2026-11-23", "endOn": "2026-11-30", "subjectKinds": ["freight"], "items": ["J02", "J07"]]),
            by: house.person("leader"))
        let added = try await house.platform.database.write { [platform = house.platform, leader = house.person("leader")] tx in
            try InspectionCampaigns(platform: platform).issue(record.id, by: leader, in: tx)
        }
        #expect(added == 1, "J07 已在待查")
        #expect(try await house.ask("leader", "/inspection/campaigns/\(record.id)/issue", post: [:]).status == 409)
    }

    @Test func transfersGoUpAndComeBack() async throws {
        let house = try await furnished()
        let first = try await house.platform.database.read { [subject = house.carrier.id] reader -> Int64? in
            try reader.value("SELECT id FROM pending_inspections WHERE subject = \(subject) ORDER BY id LIMIT 1")?.int
        }
        let id = try #require(first)
        #expect(try await house.ask("inspector2", "/m/pending/\(id)/transfer", post: ["reason": "不属本职权"]).status == 404)
        #expect(try await house.ask("inspector", "/m/pending/\(id)/transfer", post: ["reason": "不属本职权"]).status < 400)
        let work = try #require(try await house.list(.todo, by: "leader").first)
        try await house.move(work, "upward", by: "leader", opinion: "请市级指派")
        try await house.move(work, "assign", by: "city", ["assignee": "inspector"])
        try await house.move(work, "accept", by: "inspector")
        let row = try await house.platform.database.read { try $0.first("SELECT state, origin FROM pending_inspections WHERE id = \(id)") }
        #expect(row?.text("state") == "open" && row?.text("origin") == "transfer")
    }

    @Test func tasksAreGivenAndReported() async throws {
        let house = try await furnished()
        let values: [String: JSONValue] = ["title": "核查停车场", "urgency": "urgent", "dueAt": "2026-11-24 12:00", "assignee": "inspector", "content": "核查夜间停放"]
        let item = try await house.platform.database.write { [platform = house.platform, leader = house.person("leader")] tx in
            try platform.workflows.start(CaseDraft("fieldTask", values: values), by: leader, in: tx)
        }
        #expect(try await house.open(item.id).first?.dueAt?.text.hasPrefix("2026-11-24 12:00") == true)
        try await house.pass(days: 2)
        try await house.move(item.id, "done", by: "inspector", ["doneRecord": "已核查"])
        try await house.move(item.id, "accept", by: "leader")
        let row = try await house.platform.database.read { try $0.first("SELECT is_late, done_record FROM field_tasks WHERE case_id = \(item.id)") }
        #expect(row?.int("is_late") == 1 && row?.text("done_record") == "已核查")
        for (login, isRefused) in [("officer4", true), ("leader", true), ("officer", false)] {
            let other = values.merging(["assignee": .string(login), "dueAt": "2026-12-24 12:00"]) { $1 }
            let code = try await failureCode {
                _ = try await house.platform.database.write { [platform = house.platform, leader = house.person("leader")] tx in
                    try platform.workflows.start(CaseDraft("fieldTask", values: other), by: leader, in: tx)
                }
            }
            #expect((code == "JW-K422") == isRefused, "\(login)")
        }
    }

    @Test func officersCheckInOnTheirTelephone() async throws {
        let house = try await furnished()
        let path = EnforcementSubject.codePath(of: house.carrier.id, house.platform.keys)
        for page in ["/m/field", "/m/field/warnings", "/m/field/me", "/m/field/subjects", "/m/field/log", "/m/field/out", path, "\(path)/inspect"] {
            #expect(try await house.ask("inspector", page).status == 200, "\(page)")
        }
        #expect(try await house.ask("inspector2", path).status == 404)
        #expect(try await house.ask("inspector", "/m/subjects/\(house.carrier.id)-000000000000000000000000").status == 404)
        let spot: [String: JSONValue] = ["longitude": "114.52", "latitude": "38.05"]
        let steps: [([String: JSONValue], Int)] = [
            (["kind": "on"], 303), (["kind": "out"], 422), (["kind": "out", "matter": "赴市局开会"], 303), (["kind": "arrive", "subject": .string(String(house.carrier.id))], 303),
            (["kind": "off"], 303),
        ]
        for (values, status) in steps {
            let answer = try await house.ask("inspector", "/m/field/checkin", post: values.merging(spot) { $1 })
            #expect(answer.status == status || (status == 303 && answer.status < 400), "\(values)")
        }
        let kinds = try await house.platform.database.read { try $0.rows("SELECT kind FROM field_checkins ORDER BY id").compactMap { $0[0].text } }
        #expect(kinds == ["on", "out", "arrive", "off"])
        let tracks = try await house.platform.database.read { [platform = house.platform, scope = house.person("leader").scope] reader in
            try FieldDesk(platform: platform).tracks(on: platform.clock.today, scope: scope, reader)
        }
        #expect(tracks.count == 1 && tracks[0].points.count == 1 && tracks[0].checkins.count == 4)
        #expect(try await house.ask("leader", "/ledgers/fieldCheckin").body.contains("赴市局开会"))
        #expect(try await house.ask("leader4", "/ledgers/fieldCheckin").body.contains("赴市局开会") == false)
    }
}
