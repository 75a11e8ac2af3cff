import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Messages
import Storage

/// The park of the demonstration: archives with dates near, passed and far, an office's ledgers, news and knowledge, a conversation. All marked 演示.
struct DemoPark: Sendable {
    let platform: Platform
    private let writer = Principal.system("演示城市")

    init(platform: Platform) { self.platform = platform }

    private typealias Line = (ledger: String, org: Int64?, values: [String: JSONValue])

    func install() async throws {
        let sites = try await platform.database.read { reader in
            try reader.rows("SELECT id, name FROM organisations WHERE kind = 'enterprise' ORDER BY id LIMIT 12").map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "") }
        }
        guard !sites.isEmpty else { return }
        let lines = sites.enumerated().flatMap { archive($0.offset, org: $0.element.id) + contacts($0.offset, $0.element) } + office() + roadside()
        try await platform.database.write { [platform, writer] tx in
            for line in lines {
                _ = try platform.ledgers.create(line.ledger, Draft(line.values, org: line.org, area: line.org == nil ? "1301" : nil), by: writer, origin: .program, in: tx)
            }
        }
        _ = try await platform.expiries.run()
        try await talk()
    }

    /// Days from today, as a form sends them.
    private func day(_ days: Int) -> JSONValue { .string(platform.clock.today.adding(days: days).text) }

    private func archive(_ index: Int, org: Int64) -> [Line] {
        // Each enterprise has something else that needs attention.
        let near = [-12, 5, 25, 80, 300, 700][index % 6], other = [400, -3, 60, 200, 20, 6][index % 6]
        let licences: [(String, String, Int)] = [
            ("production", "安全生产许可证（演示）", near), ("standardization", "安全生产标准化二级证书（演示）", other), ("use", "危险化学品安全使用许可证（演示）", other + 90),
            ("trade", "危险化学品经营许可证（演示）", near + 120),
        ]
        let certificates: [(String, String, String, Int)] = [
            ("principal", "演示负责人", "总经理", near + 40), ("manager", "演示安全员", "安全总监", other), ("specialWork", "演示电工", "电工", near), ("operator", "演示司炉工", "锅炉操作", other + 15),
        ]
        var lines: [Line] = licences.map { kind, name, left in
            (
                "enterpriseLicence", org,
                [
                    "name": .string(name), "kind": .string(kind), "number": .string("（演示）冀危化字[2024]\(1000 + index)\(kind.prefix(1))"), "issuer": "河北省应急管理厅（演示）",
                    "issuedOn": day(left - 1095 < -1 ? left - 1095 : -1),
                    "validUntil": day(left), "review": "passed",
                ]
            )
        }
        lines += certificates.map { kind, holder, post, left in
            (
                "personCertificate", org,
                [
                    "holder": .string("\(holder)\(index + 1)"), "post": .string(post), "kind": .string(kind), "certificateNo": .string("YS\(index + 10)\(kind)"),
                    "issuer": "石家庄市应急管理局（演示）",
                    "issuedOn": day(-700), "validUntil": day(left), "category": .string(kind == "specialWork" ? "电工作业/低压电工作业" : ""),
                    "phone": .string(DemoPeople.phone(600 + index)),
                ]
            )
        }
        lines.append(
            (
                "specialEquipment", org,
                [
                    "name": .string("\(index + 1)号反应釜（演示）"), "code": .string("21501020\(100 + index)"), "kind": "2000", "place": "1号装置", "inMajorHazard": true,
                    "lastInspectedOn": day(near - 360 < 0 ? near - 360 : -1),
                    "nextInspectionOn": day(near), "inspector": "河北省特检院（演示）",
                ]
            ))
        lines.append(
            (
                "hazardReport", org,
                [
                    "name": .string("重大危险源安全评估报告（演示\(index + 1)）"), "kind": "hazard", "majorHazard": "液氯储罐区", "author": "演示安全评价有限公司", "issuedOn": day(-1000),
                    "validUntil": day(other),
                ]
            ))
        lines.append(
            (
                "hazardReport", org,
                ["name": .string("安全现状评价报告（演示\(index + 1)）"), "kind": "current", "author": "演示安全评价有限公司", "issuedOn": day(-1000), "validUntil": day(near + 20)]
            ))
        lines.append(
            (
                "drillPlan", org,
                [
                    "name": .string("氯气泄漏应急演练（演示\(index + 1)）"), "mode": "live", "kind": "comprehensive", "level": "company", "plan": "综合应急预案", "scenario": "液氯储罐出口阀门法兰泄漏",
                    "department": "安环部",
                    "headcount": 46, "dueOn": day(other), "heldOn": index % 3 == 0 ? day(-5) : .null,
                ]
            ))
        lines.append(
            (
                "emergencyPlanFiling", org,
                [
                    "name": .string("生产安全事故综合应急预案（演示\(index + 1)）"), "kind": "overall", "filingNo": .string("YS-2023-\(100 + index)"), "filingDepartment": "循环化工园区应急管理局（演示）",
                    "issuedOn": day(-1080), "filedOn": day(-1075), "validUntil": day(near + 10),
                ]
            ))
        lines.append(
            (
                "fireFacility", org,
                [
                    "name": .string("\(index + 1)号消防泵房（演示）"), "code": .string("XF-\(100 + index)"), "kind": "pump", "zone": "罐区应急区", "keeper": .string("演示消防员\(index + 1)"),
                    "cycleDays": 30,
                    "lastCheckedOn": day(-25), "nextCheckOn": day(near > 30 ? 5 : near),
                ]
            ))
        if index % 4 == 0 {
            lines.append(
                (
                    "majorHiddenDanger", org,
                    [
                        "name": "储罐高液位联锁未投用（演示）", "details": "专项检查发现高液位联锁处于旁路状态，未办理联锁摘除手续（演示）", "source": "park", "place": "罐区",
                        "registeredAt": .string(platform.clock.now.adding(seconds: -20 * 86_400).text), "rectifier": "演示整改责任人",
                        "measure": "恢复联锁，完善旁路审批", "deadline": day(near), "rectifiedOn": .null,
                    ]
                ))
        }
        return lines
    }

    private func contacts(_ index: Int, _ site: (id: Int64, name: String)) -> [Line] {
        [
            (
                "maintenanceContact", site.id,
                [
                    "enterprise": .string(site.name), "contact": .string("演示运维\(index + 1)"), "post": "仪表主管", "mobile": .string(DemoPeople.phone(700 + index)),
                    "systems": "门禁、视频、气体报警", "onCall": .bool(index % 2 == 0),
                ]
            )
        ]
    }

    /// three months of tests on the road, and what was announced.
    private func roadside() -> [Line] {
        var random = DemoRandom(3201, stream: 1)
        let places = ["石津路卡口（演示）", "南二环检查点（演示）", "307 国道超限站（演示）", "循环化工园区东门（演示）"]
        let tests = (0..<60).map { number -> Line in
            let fails = random.chance(0.12)
            let stage: EmissionStage = [.six, .five, .four, .three][random.weighted([5, 4, 1.5, 0.5])]
            return (
                "roadsideInspection", nil,
                [
                    "businessType": random.chance(0.75) ? "roadside" : "household",
                    "inspectedAt": .string(platform.clock.now.adding(seconds: -Int64(random.int(1...85)) * 86_400 - Int64(random.int(0...30_000))).text),
                    "place": .string(random.pick(places)), "officer": .string("演示检测员\(number % 4 + 1)"), "plateNo": .string(DemoCodes.plate(.yellow, &random)), "plateColor": "1",
                    "emissionStage": .string(stage.rawValue), "result": fails ? "fail" : "pass",
                    "smoke": .double(random.number((fails ? 1.3 : 0.1)...(fails ? 3.2 : 1.1)).rounded(places: 2)), "nox": .int(Int64(random.int(fails ? 1500...2600 : 120...900))),
                    "penaltyTicket": fails ? .string("YS-CF-\(1000 + number)") : "",
                ]
            )
        }
        let notice: Line = (
            "roadsideNotice", nil,
            ["title": "本周柴油货车路检路查安排（演示）", "body": "周三、周五 9:00—17:00 在石津路卡口、南二环检查点联合检查，重点检查国四及以下柴油货车（演示）。", "state": "published"]
        )
        return tests + [notice]
    }

    private func office() -> [Line] {
        let project: Line = (
            "projectRecord", nil,
            [
                "name": "园区安全风险智能化管控平台（演示）", "number": "YS-2026-01", "builder": "循环化工园区管委会（演示）", "contractor": "演示软件有限公司", "leader": "演示负责人", "investment": 1280,
                "state": "running",
                "startedOn": day(-120), "plannedEnd": day(150), "summary": "六大功能模块、九张图（演示）",
            ]
        )
        let recipients = [("special", "gaocheng"), ("park", "city"), ("officer", "luquan")].map { kind, login -> Line in
            (
                "notificationRecipient", nil,
                [
                    "person": .string("\(login)值班员（演示）"), "kind": .string(kind), "login": .string(login), "isOn": true, "levels": kind == "park" ? ["S"] : [], "watched": [],
                    "mobile": .string(DemoPeople.phone(810)),
                ]
            )
        }
        let news = [
            ("safety", "冬季安全生产提示（演示）", "低温、大风天气多，请检查防冻保温与消防设施。"), ("park", "园区完成年度应急演练（演示）", "三十家企业参加液氯泄漏实战演练。"),
            ("policy", "《危险化学品企业安全风险隐患排查治理导则》要点（演示）", "供企业对照自查。"),
        ].enumerated().map { index, one -> Line in
            (
                "newsArticle", nil,
                [
                    "headline": .string(one.1), "kind": .string(one.0), "state": "published", "summary": .string(one.2), "body": .string(one.2 + "\n\n（演示数据，仅用于展示版面。）"),
                    "author": "园区管委会（演示）",
                    "publishedAt": .string(platform.clock.now.adding(seconds: Int64(-index * 86_400 - 3600)).text),
                ]
            )
        }
        let lessons = [
            ("plan", "液氯泄漏现场处置方案（演示）", "液氯 泄漏 处置", "1. 立即向上风向撤离；2. 佩戴正压式空气呼吸器；3. 关闭上下游阀门；4. 喷雾稀释、收集废水。"),
            ("case", "某企业硝化反应釜超温事故（演示）", "硝化 超温 案例", "原因：冷却水中断，联锁摘除未审批。教训：联锁摘除须审批，超温自动切断进料。"),
            ("knowledge", "可燃气体报警值怎么设（演示）", "报警 一级 二级 LEL", "一级报警不超过 25%LEL，二级报警不超过 50%LEL。"), ("law", "生产安全事故应急条例（演示摘录）", "应急 条例", "生产经营单位应当制定并及时修订应急预案，每半年至少组织一次演练。"),
        ].map { kind, subject, words, body -> Line in
            (
                "knowledgeArticle", nil,
                ["subject": .string(subject), "kind": .string(kind), "keywords": .string(words), "body": .string(body), "source": "演示数据", "issuedOn": day(-30)]
            )
        }
        let release: Line = (
            "releaseRecord", nil,
            ["releaseName": "演示版 1.0", "notes": "园区安全、在线短信、聊天上线（演示）", "releasedOn": day(3), "leader": "演示负责人", "result": "done", "tellsUsers": false]
        )
        let inspection: Line = (
            "systemInspection", nil,
            [
                "item": "功能模块每日点检（演示）", "parts": ["modules", "push"], "department": "平台运维组（演示）", "cycle": "day", "inspector": "演示运维员",
                "inspectedAt": .string(platform.clock.now.adding(seconds: -3600).text),
                "result": "normal", "summary": "页面、报警推送、企业端均正常（演示）", "nextOn": day(1),
            ]
        )
        return [project, release, inspection] + recipients + news + lessons
    }

    /// The city's officer and a county's talk about an alarm.
    private func talk() async throws {
        let people = try await platform.database.read { reader in
            try reader.rows(
                "SELECT u.id, u.name, u.organisation, o.name AS org_name, o.area FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.login IN ('city', 'gaocheng', 'luquan') ORDER BY u.id"
            ).map { row in
                Principal(
                    kind: .user, id: row.int("id") ?? 0, login: "", name: row.text("name") ?? "", organisation: row.int("organisation"),
                    organisationName: row.text("org_name") ?? "",
                    area: row.text("area"), permissions: ["*"], scope: .everything)
            }
        }
        guard people.count > 1 else { return }
        let chat = platform.chat
        try await platform.database.write { tx in
            let room = try chat.begin(with: people[1].id, by: people[0], in: tx)
            try chat.say("3号罐区气体报警请现场核实（演示）", in: room, by: people[0], tx: tx)
            try chat.say("已安排人员到场，10 分钟内回复（演示）", in: room, by: people[1], tx: tx)
            let group = try chat.make("演示处置群", people: people.dropFirst().map(\.id), by: people[0], in: tx)
            try chat.say("报警页面在这里，请大家关注（演示）", path: "/alarms", in: group, by: people[0], tx: tx)
        }
    }
}
