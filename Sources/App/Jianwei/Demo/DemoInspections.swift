import Features
import Identity
import Kernel
import Ledgers
import Media
import Storage
import TransportEnforcement
import Workflows

/// Inspection in the demonstration: items that wait, inspections with good and bad results, a measure to be decided, a campaign, a random draw, a task, a day's track. Everything says 演示.
struct DemoInspections: Sendable {
    let platform: Platform
    let writer: Principal

    /// Subject, days ago, how many items pass before one fails; nil fails none.
    private static let visits: [(subject: Int, daysAgo: Int64, fails: Int?)] = [
        (0, 40, nil), (3, 33, 2), (2, 26, nil), (6, 20, 0), (1, 14, nil), (6, 9, 0), (7, 6, 1), (4, 3, nil), (3, 2, nil), (5, 1, 0),
    ]

    func install(_ records: [Record]) async throws {
        guard let inspector = try await standing("jiancha1"), let leader = try await standing("dadui") else { return }
        let shot = DemoPhoto(kind: .body, plate: "冀A12345", color: .yellow, moment: platform.clock.now, enterprise: "演示", gate: "演示", seed: 7)
        let photo = try await platform.photos.receive(try shot.jpeg(), expectedSHA256: nil, organisation: inspector.organisation, clock: platform.clock).sha256
        try await platform.database.write { [platform] tx in
            let desk = InspectionDesk(platform: platform)
            try desk.gather(in: tx)
            for visit in Self.visits {
                let subject = records[visit.subject].id
                let items = try tx.rows(
                    """
                    SELECT i.id FROM inspection_item i JOIN transport_subject s ON s.id = \(subject) JOIN transport_industry t ON t.code = s.industry
                    WHERE t.items LIKE '%' || i.code || '%' ORDER BY i.code LIMIT 5
                    """
                ).compactMap { $0.int("id") }
                let findings = items.enumerated().map { index, item in
                    index == visit.fails
                        ? InspectionDesk.Finding(item: item, result: .fail, note: "现场未见有效记录，责令改正（演示）", photo: photo)
                        : InspectionDesk.Finding(item: item, result: index == 4 ? .ignore : .pass)
                }
                let id = try desk.submit(InspectionDesk.Visit(subject: subject, findings: findings), by: inspector, in: tx)
                try tx.execute("UPDATE inspection_records SET inspected_at = inspected_at - \(visit.daysAgo * 86_400_000) WHERE id = \(id)")
            }
            _ = try InspectionCampaigns(platform: platform).draw(subjects: 3, items: 2, kind: nil, seed: 20_261_122, by: leader, in: tx)
            try Self.track(inspector, around: records[0], platform, in: tx)
        }
        try await campaign(leader)
        let due = platform.clock.now.adding(seconds: 2 * 86_400).rfc3339
        let values: [String: JSONValue] = [
            "title": "核查停车场夜间停放（演示）", "urgency": "urgent", "dueAt": .string(due), "assignee": "jiancha1", "content": "核查危化品车辆夜间停放与值守情况，拍照上报（演示）",
        ]
        try await platform.database.write { [platform] tx in _ = try platform.workflows.start(CaseDraft(FieldTask.workflow.name, values: values), by: leader, in: tx) }
    }

    private func campaign(_ leader: Principal) async throws {
        let today = platform.clock.today
        let values: [String: JSONValue] = [
            "name": "冬季危运车辆专项检查（演示）", "kind": "special", "startOn": .string(today.text), "endOn": .string(today.adding(days: 20).text), "subjectKinds": ["hazardous"],
            "items": ["T01", "T02"], "requirement": "检查罐体检验和押运员在岗情况（演示）",
        ]
        let record = try await platform.ledgers.create(InspectionCampaign.ledger.name, Draft(values), by: leader)
        try await platform.database.write { [platform] tx in _ = try InspectionCampaigns(platform: platform).issue(record.id, by: leader, in: tx) }
    }

    /// A morning's way with its check-ins.
    private static func track(_ officer: Principal, around record: Record, _ platform: Platform, in tx: any Transaction) throws {
        guard let place = record.location("location") else { return }
        let start = platform.clock.now.adding(seconds: -3 * 3600)
        for step in 0..<60 {
            let at = start.adding(seconds: Int64(step) * 150)
            let east = Double(step) * 0.0006 - 0.018, north = (Double(step % 20) - 10) * 0.0007
            try tx.execute(
                """
                INSERT INTO field_positions (user_id, at, longitude, latitude) VALUES (\(officer.id), \(at), \(place.longitude + east), \(place.latitude + north)) ON CONFLICT DO NOTHING
                """)
        }
        let marks: [(String, Int64, String, Int64?)] = [("on", 0, "", nil), ("arrive", 3600, "", record.id), ("out", 7200, "送达告知书（演示）", nil)]
        for (kind, after, matter, subject) in marks {
            try tx.execute(
                """
                INSERT INTO field_checkins (user_id, user_name, org, area, kind, subject, matter, at, longitude, latitude)
                VALUES (\(officer.id), \(officer.name), \(officer.organisation), \(officer.area), \(kind), \(subject), \(matter), \(start.adding(seconds: after)), \(place.longitude), \(place.latitude))
                """)
        }
    }

    private func standing(_ login: String) async throws -> Principal? {
        let identity = platform.identity
        guard let user = try await identity.users.find(login: login) else { return nil }
        return try await platform.database.read { reader in try identity.sessions.standing(of: user.id, reader)?.principal }
    }
}
