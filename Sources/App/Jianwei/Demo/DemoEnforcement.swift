import Features
import Identity
import Kernel
import Ledgers
import Storage
import TransportEnforcement
import Workflows

/// Transport enforcement in the demonstration: a brigade in one county with its officers and inspectors, subjects, and cases in every state. Everything says 演示.
struct DemoEnforcement: Sendable {
    let plan: DemoPlan
    let platform: Platform
    private static let writer = Principal.system("演示城市")

    private static let people: [(login: String, name: String, role: String)] = [
        ("dadui", "执法大队长（演示）", EnforcementRole.leader), ("zhifa1", "执法人员一（演示）", EnforcementRole.officer), ("zhifa2", "执法人员二（演示）", EnforcementRole.officer),
        ("jiancha1", "检查人员一（演示）", EnforcementRole.inspector), ("jiancha2", "检查人员二（演示）", EnforcementRole.inspector),
    ]

    private static let subjects: [(name: String, kind: String, plate: String, scope: String, east: Double, north: Double)] = [
        ("远达货运有限公司（演示）", "freight", "冀A8D231、冀A8D232", "普通货运", -0.03, 0.01), ("顺通物流有限公司（演示）", "freight", "冀A6K118", "普通货运、货物专用运输", 0.02, 0.02),
        ("安捷危化品运输有限公司（演示）", "hazardous", "冀A9W501", "危险货物运输（3 类）", 0.03, -0.01), ("平安客运有限公司（演示）", "passenger", "冀A7T606", "县内班车客运", -0.01, -0.02),
        ("王某个体运输户（演示）", "individual", "冀A3M777", "普通货运", -0.02, 0.02), ("李某个体运输户（演示）", "individual", "冀A5N902", "普通货运", 0.01, -0.03),
        ("宏运渣土清运有限公司（演示）", "freight", "冀A2Z315", "渣土运输", 0.035, 0.03), ("路路通快运有限公司（演示）", "freight", "冀A4X820", "普通货运", -0.035, -0.03),
    ]

    private static let industries = ["freight": "PH", "hazardous": "WH", "passenger": "KY", "individual": "GT"]

    /// - Returns: logins that were made now.
    func install() async throws -> [DemoCredential] {
        guard let county = plan.counties.first, let organisation = try await platform.identity.organisations.find(code: county.code) else { return [] }
        let credentials = try await accounts(organisation)
        try await UsualCategories(platform: platform).load(by: Self.writer)
        let records = try await platform.database.write { [platform] tx -> [Record] in
            return try Self.subjects.enumerated().map { index, subject in
                let values: [String: JSONValue] = [
                    "name": .string(subject.name), "kind": .string(subject.kind), "plateNo": .string(subject.plate), "businessScope": .string(subject.scope),
                    "industry": .string(Self.industries[subject.kind] ?? "PH"),
                    "contact": .string("演示联系人\(index + 1)"), "phone": .string(DemoPeople.phone(600 + index)), "address": .string("\(county.name)演示运输路 \(index + 1) 号"),
                    "authority": "交通运输局（演示）", "registeredOn": "2021-05-18", "expiresOn": .string(platform.clock.today.adding(days: 60 + index * 90).text),
                    "location": .string("\(county.longitude + subject.east),\(county.latitude + subject.north)"), "intro": "演示数据，非真实主体",
                ]
                return try SubjectRegistration(platform: platform).register(values, county: organisation.id, by: Self.writer, in: tx)
            }
        }
        try await cases(records)
        try await DemoInspections(platform: platform, writer: Self.writer).install(records)
        return credentials
    }

    private func accounts(_ organisation: Organisation) async throws -> [DemoCredential] {
        let roles = try await platform.identity.roles.all()
        var credentials: [DemoCredential] = []
        for (index, person) in Self.people.enumerated() {
            guard let role = roles.first(where: { $0.name == person.role }), try await platform.identity.users.find(login: person.login) == nil else { continue }
            let draft = UserDraft(login: person.login, name: person.name, phone: DemoPeople.phone(640 + index), organisation: organisation.id, roles: [role.id])
            let made = try await platform.identity.users.create(draft, by: Self.writer)
            credentials.append(DemoCredential(login: person.login, name: person.name, oneTimePassword: made.oneTimePassword))
        }
        // The inspectors stand in the county's large grid and in its western half.
        try await platform.database.write { [platform] tx in
            let grids = try tx.rows("SELECT id FROM units WHERE tree = 'grid' AND area = \(organisation.area) AND state = 'active' ORDER BY depth, id LIMIT 2").compactMap {
                $0.int("id")
            }
            for (login, grid) in zip(["jiancha1", "jiancha2"], grids) { try platform.identity.grids.appoint(login, to: grid, post: "检查员", by: Self.writer, in: tx) }
        }
        return credentials
    }

    // MARK: Cases

    private struct Plot: Sendable {
        var category: String
        var subject: Int
        var facts: String
        var place: String
        /// How far it goes: transitions in order.
        var goes: [String]
        var fine: Double = 1500
        var measure = "fine"
        var daysAgo: Int64 = 1
    }

    private static let whole = ["assign", "true", "served", "expire", "agree", "propose", "publicised", "done", "close"]
    private static let plots: [Plot] = [
        Plot(category: "H02", subject: 6, facts: "渣土车未密闭，沿途抛洒约 200 米（演示）", place: "107 国道 K12+300", goes: whole, fine: 2000, daysAgo: 160),
        Plot(category: "H04", subject: 0, facts: "车货总重 52.6 吨，超限 3.6 吨（演示）", place: "308 国道治超点", goes: whole, fine: 3000, daysAgo: 120),
        Plot(category: "W02", subject: 2, facts: "危化品车辆警示标志灯损坏未更换（演示）", place: "循环园区南门", goes: whole, fine: 12_000, daysAgo: 75),
        Plot(category: "K01", subject: 3, facts: "在站外揽客（演示）", place: "客运站东 500 米", goes: whole, fine: 1500, daysAgo: 40),
        Plot(category: "H01", subject: 4, facts: "未取得道路运输经营许可从事货运（演示）", place: "县道 X012", goes: ["assign", "false"], daysAgo: 33),
        Plot(
            category: "H04", subject: 7, facts: "车货总重 50.2 吨，超限 1.2 吨（演示）", place: "308 国道治超点",
            goes: ["assign", "true", "served", "appeal", "reject", "appeal", "reject", "agree"], fine: 1500, daysAgo: 12),
        Plot(
            category: "A01", subject: 1, facts: "未建立安全例会制度，无培训记录（演示）", place: "企业办公场所", goes: ["assign", "true", "served", "expire", "agree", "propose"], fine: 60_000, daysAgo: 10),
        Plot(category: "H02", subject: 6, facts: "砂石料未覆盖（演示）", place: "107 国道 K15", goes: ["assign", "true", "served", "appeal"], fine: 1000, daysAgo: 6),
        Plot(category: "H03", subject: 5, facts: "未随车携带道路运输证（演示）", place: "东二环卡口", goes: ["assign", "served"], fine: 100, daysAgo: 4),
        Plot(category: "K02", subject: 3, facts: "擅自改变班线行驶路线（演示）", place: "班线途中", goes: ["assign", "true"], daysAgo: 3),
        Plot(category: "H04", subject: 0, facts: "车货总重 51.0 吨，超限 2.0 吨（演示）", place: "308 国道治超点", goes: ["assign"], daysAgo: 9),
        Plot(category: "H02", subject: 7, facts: "货物脱落未清理（演示）", place: "东二环", goes: [], daysAgo: 0),
    ]

    private func cases(_ records: [Record]) async throws {
        guard let officer = try await standing("zhifa1"), let second = try await standing("zhifa2"), let leader = try await standing("dadui") else { return }
        let party = Principal(kind: .client, id: 0, login: "concerned", name: "当事人", permissions: [], scope: .nothing)
        for (index, plot) in Self.plots.enumerated() {
            let enters = index % 3 == 2 ? second : officer
            let handles = index % 2 == 0 ? officer : second
            try await platform.database.write { [platform] tx in
                let record = records[plot.subject]
                let name = record.values["name"]?.text ?? ""
                let values: [String: JSONValue] = [
                    "subjectName": .string(name), "category": .string(plot.category), "plateNo": .string(String((record.values["plateNo"]?.text ?? "").prefix(7))),
                    "driverName": "演示驾驶人", "place": .string(plot.place), "foundAt": .string(platform.clock.now.adding(seconds: -3600).rfc3339), "facts": .string(plot.facts),
                    "source": "road",
                ]
                let workflows = platform.workflows
                let item = try workflows.start(
                    CaseDraft(EnforcementCase.workflow.name, values: values, org: record.org, key: "demo-case-\(index)"), by: enters, isAdmitted: true, in: tx)
                for step in plot.goes { try Self.go(step, item.id, plot, handles: handles, leader: leader, party: party, workflows, in: tx) }
                try Self.age(item.id, days: plot.daysAgo, index: index, in: tx)
            }
        }
    }

    private static func go(
        _ step: String, _ id: Int64, _ plot: Plot, handles: Principal, leader: Principal, party: Principal, _ workflows: WorkflowEngine, in tx: any Transaction
    ) throws {
        guard let open = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(id) AND state = 'open' ORDER BY id DESC LIMIT 1")?.int else { return }
        let choice: [String: JSONValue] = [
            "measure": .string(plot.measure), "fine": .double(plot.fine), "fineConfirmed": .bool(plot.fine > 50_000), "fineReason": .string(plot.fine > 50_000 ? "情节严重（演示）" : ""),
        ]
        func move(_ transition: String, by principal: Principal, _ opinion: String? = nil, _ values: [String: JSONValue] = [:]) throws {
            try workflows.move(CaseMove(step: open, transition, opinion: opinion, values: values), by: principal, in: tx)
        }
        switch step {
        case "assign": try move("assign", by: leader, nil, ["assignee": .string(handles.login), "instruction": "请两个工作日内到现场核实（演示）"])
        case "true": try move("true", by: handles, nil, ["cause": .string(plot.facts), "partyOpinion": "当事人无异议（演示）", "accuracy": "accurate", "process": "现场核对车辆、证件并询问驾驶人（演示）"])
        case "false": try move("false", by: handles, "经查已取得许可，证件在办理换发（演示）")
        case "served": try move("served", by: handles, nil, ["record": "现场勘验，拍照取证 6 张（演示）"].merging(choice) { first, _ in first })
        case "expire", "publicised": try move("expire", by: .system())
        case "appeal": try move("appeal", by: party, "对称重结果有异议，请复核（演示）", ["appellant": "演示申诉人", "phone": .string(DemoPeople.phone(690))])
        case "reject": try move("reject", by: leader, "称重设备检定合格，证据充分（演示）")
        case "agree": try move("agree", by: leader, nil, ["attendees": "大队长、法制员、承办人（演示）", "meeting": "事实清楚，证据确凿，同意处罚（演示）"])
        case "propose": try move("propose", by: leader, nil, choice)
        case "done": try move("done", by: handles, nil, ["executed": "当事人已到指定银行缴款（演示）", "paid": .double(plot.fine)])
        case "close": try move("close", by: leader, nil, ["closingNote": "执行完毕，同意结案（演示）"])
        default: break
        }
    }

    /// As if it had been entered days ago; of the ones that still run, some are late.
    private static func age(_ id: Int64, days: Int64, index: Int, in tx: any Transaction) throws {
        let back = days * 86_400_000
        guard back > 0 else { return }
        try tx.execute("UPDATE workflow_cases SET started_at = started_at - \(back), ended_at = ended_at - \(back / 2) WHERE id = \(id)")
        try tx.execute("UPDATE workflow_events SET at = at - \(back) WHERE case_id = \(id)")
        try tx.execute("UPDATE workflow_steps SET opened_at = opened_at - \(back), done_at = done_at - \(back) WHERE case_id = \(id) AND state <> 'open'")
        try tx.execute(
            "UPDATE enforcement_cases SET filed_at = filed_at - \(back), decided_at = decided_at - \(back), approved_at = approved_at - \(back), closed_at = closed_at - \(back) WHERE case_id = \(id)"
        )
        if index == 10 || index == 7 {
            try tx.execute("UPDATE workflow_steps SET opened_at = opened_at - \(back), due_at = due_at - \(back) WHERE case_id = \(id) AND state = 'open'")
            try tx.execute("UPDATE workflow_steps SET alarm_at = due_at WHERE case_id = \(id) AND state = 'open'")
        }
        if index == 1 { try tx.execute("UPDATE workflow_steps SET was_late = 1 WHERE case_id = \(id) AND step = 'verify'") }
    }

    private func standing(_ login: String) async throws -> Principal? {
        let identity = platform.identity
        guard let user = try await identity.users.find(login: login) else { return nil }
        return try await platform.database.read { reader in try identity.sessions.standing(of: user.id, reader)?.principal }
    }
}
