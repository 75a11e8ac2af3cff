import Duty
import Features
import Identity
import Kernel
import Ledgers
import Messages
import Security
import Storage

/// What a demonstration needs so that no page of the desk is empty: trees of units, a week of intrusion events, keys, acts that wait for a second person. All marked 演示.
struct DemoDesk: Sendable {
    let plan: DemoPlan
    let platform: Platform

    private static let writer = Principal.system("演示城市")

    func install() async throws {
        try await units()
        try await events()
        try await keys()
        try await approvals()
        try await notices()
    }

    // MARK: Units

    private static let departments: [(code: String, name: String, parent: String)] = [
        ("SZ", "市生态环境局机关（演示）", ""), ("SZ-01", "大气环境科", "SZ"), ("SZ-02", "机动车排污监控中心", "SZ"), ("SZ-02-1", "门禁监管组", "SZ-02"), ("SZ-02-2", "路检路查组", "SZ-02"),
        ("SZ-03", "生态环境综合执法支队", "SZ"), ("SZ-03-1", "一大队", "SZ-03"), ("SZ-03-2", "二大队", "SZ-03"), ("SZ-04", "信息中心", "SZ"),
    ]
    private static let outside: [(code: String, name: String, parent: String)] = [
        ("DSF", "第三方服务单位（演示）", ""), ("DSF-01", "门禁运维单位", "DSF"), ("DSF-02", "检测机构", "DSF"), ("DSF-03", "安全测评机构", "DSF"),
    ]
    private static let roads: [(code: String, name: String, parent: String)] = [
        ("LD", "重点管控路段（演示）", ""), ("LD-01", "107 国道藁城段", "LD"), ("LD-02", "308 国道鹿泉段", "LD"), ("LD-03", "循环园区通道", "LD"),
    ]

    private func units() async throws {
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM units LIMIT 1") }) == nil else { return }
        let trees: [(UnitTree, [(code: String, name: String, parent: String)])] = [(.government, Self.departments), (.thirdParty, Self.outside), (.road, Self.roads)]
        for (tree, list) in trees {
            let rows = list.enumerated().map { UnitRow(number: $0.offset + 1, code: $0.element.code, name: $0.element.name, parentCode: $0.element.parent, rank: $0.offset) }
            _ = try await platform.identity.units.bringIn(rows, into: tree, under: nil, organisation: "1301", by: Self.writer)
        }
        // One enterprise with its departments.
        guard
            let row = try await platform.database.read({ try $0.first("SELECT code, name FROM organisations WHERE kind = 'enterprise' AND state = 'active' ORDER BY id LIMIT 1") }),
            let code = row.text("code"), let name = row.text("name")
        else { return }
        let own: [(String, String, String)] = [
            ("QY", name, ""), ("QY-01", "安全环保部", "QY"), ("QY-02", "物流部", "QY"), ("QY-02-1", "门岗班组", "QY-02"), ("QY-03", "生产运行部", "QY"),
        ]
        let rows = own.enumerated().map { UnitRow(number: $0.offset + 1, code: $0.element.0, name: $0.element.1, parentCode: $0.element.2, rank: $0.offset) }
        _ = try await platform.identity.units.bringIn(rows, into: .enterprise, under: nil, organisation: code, by: Self.writer)
    }

    // MARK: Intrusion events

    private static let attacks: [(title: String, kind: String, severity: String, device: String, attacker: String, target: String, harms: Bool)] = [
        ("登录口令暴力尝试（演示）", "attack", "3", "边界防火墙（演示）", "203.0.113.17", "10.0.8.11", false),
        ("SQL 注入特征命中（演示）", "attack", "2", "Web 应用防火墙（演示）", "198.51.100.8", "10.0.8.11", false),
        ("端口扫描（演示）", "attack", "4", "入侵防御（演示）", "203.0.113.40", "10.0.8.12", false), ("可疑外联域名（演示）", "malware", "3", "防病毒（演示）", "10.0.3.25", "198.51.100.77", false),
        ("目录遍历特征命中（演示）", "attack", "3", "Web 应用防火墙（演示）", "198.51.100.8", "10.0.8.12", false),
        ("磁盘故障告警（演示）", "device", "3", "主机监控（演示）", "", "10.0.8.12", false), ("弱口令账号登录（演示）", "other", "3", "日志审计（演示）", "10.0.3.31", "10.0.8.11", false),
    ]

    private func events() async throws {
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM security_event LIMIT 1") }) == nil else { return }
        let ledgers = platform.ledgers, now = platform.clock.now
        let drafts = (0..<21).map { index -> Draft in
            let attack = Self.attacks[index % Self.attacks.count]
            let at = now.adding(seconds: -Int64(index) * 27_000 - 1_800)
            return Draft(
                [
                    "title": .string(attack.title), "at": .string(at.rfc3339), "kind": .string(attack.kind), "severity": .string(attack.severity), "device": .string(attack.device),
                    "attacker": .string(attack.attacker), "target": .string(attack.target), "affectsBusiness": .bool(attack.harms), "details": "演示数据：设备原始告警内容",
                ], area: "1301")
        }
        try await platform.database.write { tx in for draft in drafts.reversed() { _ = try ledgers.create("securityEvent", draft, by: Self.writer, in: tx) } }
    }

    // MARK: Keys

    private func keys() async throws {
        let store = KeyStore(platform: platform), writer = Principal.system("安全管理员（演示）")
        try await platform.database.write { tx in
            guard try tx.first("SELECT 1 FROM security_keys LIMIT 1") == nil else { return }
            let drafts = [
                KeyStore.Draft(name: "contract-sign", title: "文书签名（演示）", purpose: .sign, days: 365),
                KeyStore.Draft(name: "archive-seal", title: "归档加密（演示）", purpose: .data, days: 10),
                KeyStore.Draft(name: "report-mac", title: "报表完整性（演示）", purpose: .mac, days: 180),
            ]
            for (index, draft) in drafts.enumerated() {
                let made = try store.make(draft, by: writer, in: tx)
                if index < 2 { try store.activate(made.id, by: writer, in: tx) }
            }
        }
    }

    // MARK: Acts that wait

    /// Applications that ask to be let in, whose approval waits for a second person: one open, one agreed to, one refused.
    private func approvals() async throws {
        let identity = platform.identity
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM dual_approvals LIMIT 1") }) == nil else { return }
        guard let city = try await standing("city"), let guardian = try await standing("security"), let auditor = try await standing("auditor") else { return }
        var policy = DualPolicy()
        policy.votes[DualAct.application.name] = 1
        policy.hours = 168
        try await identity.dualControl.install(policy)
        let names = ["巡检系统（演示）", "公众号备案查询（演示）", "省级平台对接（演示）"]
        for (index, name) in names.enumerated() {
            let draft = ApplicationDraft(
                name: name, kind: .confidential, redirects: [], grants: [.client], scopes: [TokenScope.openid], purpose: "演示：与平台交换提醒和查询结果")
            let id = try await identity.tokens.applications.apply(draft, permissions: [], by: city)
            let asked = AskedAct(act: .application, method: "POST", path: "/admin/applications/\(id)/approve", fields: [], approval: nil)
            guard case .wait(let approval) = try await identity.dualControl.admit(asked, by: guardian) else { continue }
            try await identity.dualControl.explain(approval, reason: "“\(name)”申请接入，材料齐全，请复核（演示）", by: guardian)
            if index > 0 { try await identity.dualControl.vote(approval, agrees: index == 1, note: index == 1 ? "同意（演示）" : "请先补充数据用途说明（演示）", by: auditor) }
        }
    }

    /// Two notices of the city, one to be signed for.
    private func notices() async throws {
        guard let city = try await standing("city") else { return }
        let messages = platform.messages, today = platform.clock.today
        try await platform.database.write { tx in
            guard try tx.first("SELECT 1 FROM notices LIMIT 1") == nil else { return }
            let drafts = [
                NoticeDraft(
                    title: "关于做好秋冬季移动源管控的通知（演示）", text: "请各企业核对门禁设备在线情况，补齐运输车辆备案，重污染天气预警期间按管控要求执行。收到后请签收。", grade: .notice, isPinned: true,
                    needsSignature: true, signBy: today.adding(days: 7)),
                NoticeDraft(title: "平台本周六 22:00 升级维护（演示）", text: "升级期间门禁数据由企业端缓存，恢复后自动补传，不影响放行。"),
            ]
            for draft in drafts { _ = try messages.publish(draft, by: city, in: tx) }
        }
    }

    private func standing(_ login: String) async throws -> Principal? {
        let identity = platform.identity
        guard let user = try await identity.users.find(login: login) else { return nil }
        return try await platform.database.read { reader in try identity.sessions.standing(of: user.id, reader)?.principal }
    }
}
