import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Categories and measures that a brigade of transport enforcement begins with; an administrator loads them once and changes them as local rules say.
///
/// Fines follow 道路运输条例 and 道路货物运输及站场管理规定 in their order of magnitude; an authority checks them against the rules in force before it uses them.
package struct UsualCategories: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    private typealias Minor = (code: String, name: String, flow: String, low: Double, high: Double)
    private static let majors: [(code: String, name: String, minors: [(code: String, name: String, flow: String, low: Double, high: Double)])] = [
        (
            "H", "货物运输类",
            [
                ("H01", "未取得道路运输经营许可从事货运", "general", 3_000, 10_000), ("H02", "货物脱落扬撒未采取措施", "general", 1_000, 3_000),
                ("H03", "未随车携带道路运输证", "simple", 20, 200), ("H04", "超限超载运输", "general", 500, 30_000),
            ]
        ),
        ("W", "危险货物运输类", [("W01", "未按规定配备押运人员", "general", 20_000, 100_000), ("W02", "未按规定悬挂警示标志", "general", 10_000, 20_000)]),
        ("K", "旅客运输类", [("K01", "不按批准的客运站点停靠", "general", 1_000, 3_000), ("K02", "擅自改变班线行驶", "general", 1_000, 3_000)]),
        ("A", "安全生产类", [("A01", "未落实安全生产主体责任", "general", 10_000, 50_000), ("A02", "重大隐患拒不整改", "general", 20_000, 100_000)]),
    ]

    private static let measures: [(code: String, name: String, kind: String, low: Double?, high: Double?, days: Int?, approves: Bool, condition: String, next: String)] = [
        ("recheck", "再次监督检查", "recheck", nil, nil, nil, false, "首次不合格", "检查人员到期再查"), ("warn", "警告", "warn", nil, nil, nil, false, "情节轻微", "执法人员送达"),
        ("fine", "罚款", "fine", 20, 100_000, nil, false, "再查仍不合格", "执法人员送达决定书，当事人缴款"), ("rectify", "责令整改", "rectify", nil, nil, nil, false, "处罚后再查仍不合格", "检查人员复查"),
        ("suspend", "停业整顿", "suspend", nil, 30_000, 180, true, "整改仍不合格", "检查人员复查，合格后恢复"), ("revoke", "吊销营业许可", "revoke", nil, nil, nil, true, "问题严重", "上级审批，许可机关办理"),
        ("police", "报送公安机关", "police", nil, nil, nil, true, "涉嫌犯罪", "移送公安机关"),
    ]

    /// Adds what is missing; what is there stays as it is.
    ///
    /// - Returns: how many rows were added.
    @discardableResult
    package func load(by principal: Principal) async throws -> Int {
        let items = UsualItems(platform: platform)
        let first = try await platform.database.write { tx in try codes(by: principal, in: tx) + items.items(by: principal, in: tx) }
        // Industries name items, whose codes may be chosen once they are durable.
        return try await first + platform.database.write { tx in try items.industries(by: principal, in: tx) }
    }

    private func codes(by principal: Principal, in tx: any Transaction) throws -> Int {
        var added = 0
        for major in Self.majors {
            let top = try category(major.code, ["name": .string(major.name), "level": "major"], &added, by: principal, in: tx)
            for minor in major.minors {
                let values: [String: JSONValue] = [
                    "name": .string(minor.name), "level": "minor", "parent": .int(top), "flow": .string(minor.flow), "fineMin": .double(minor.low), "fineMax": .double(minor.high),
                ]
                _ = try category(minor.code, values, &added, by: principal, in: tx)
            }
        }
        for (rank, measure) in Self.measures.enumerated() {
            guard try tx.first("SELECT 1 FROM enforcement_measure WHERE code = \(measure.code)") == nil else { continue }
            let values: [String: JSONValue] = [
                "code": .string(measure.code), "name": .string(measure.name), "kind": .string(measure.kind), "rank": .int(Int64(rank * 10 + 10)),
                "amountMin": JSONValue(measure.low),
                "amountMax": JSONValue(measure.high), "daysMax": JSONValue(measure.days), "needsApproval": .bool(measure.approves), "condition": .string(measure.condition),
                "nextStep": .string(measure.next),
            ]
            _ = try platform.ledgers.create(EnforcementMeasure.ledger.name, Draft(values), by: principal, in: tx)
            added += 1
        }
        return added
    }

    private func category(_ code: String, _ values: [String: JSONValue], _ added: inout Int, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        if let known = try tx.value("SELECT id FROM case_category WHERE code = \(code)")?.int { return known }
        added += 1
        return try platform.ledgers.create(CaseCategory.ledger.name, Draft(values.merging(["code": .string(code)]) { first, _ in first }), by: principal, in: tx).id
    }

    // MARK: Page

    static let additions: [LedgerAdditions] = [CaseCategory.ledger.name, EnforcementMeasure.ledger.name, InspectionItem.ledger.name, TransportIndustry.ledger.name].map { name in
        LedgerAdditions(
            name,
            listActions: [LedgerListAction("载入常用类别与措施", "Load the usual ones", icon: "download", path: "/enforcement/defaults", permission: EnforcementPermission.settings)])
    }

    func add(to routes: Routes) {
        let sets = RoutePermission.named(EnforcementPermission.settings)
        routes.get("/enforcement/defaults", permission: sets) { _, context in
            let body: Markup = """
                <p>将补充平台预置的 \(Self.majors.count) 个大类、\(Self.majors.reduce(0) { $0 + $1.minors.count }) 个小类和 \(Self.measures.count) 项措施，以及十六项主体责任的检查项和行业。已有的编号不会改动。</p>\
                \(Notice(.info, "罚款幅度为参考值，启用前请按现行法规核对。"))
                """
            let form = Form(
                action: "/enforcement/defaults", sections: [FormSection(nil, [FormField("what", "内容", .shown(body), isWide: true)])], submit: "载入", cancel: "/ledgers/caseCategory",
                context: context)
            return Shell.form("载入常用类别与措施", crumbs: [Crumb("案件类别", "/ledgers/caseCategory"), Crumb("载入")], active: "/ledgers/caseCategory", form, context: context)
        }
        routes.post("/enforcement/defaults", permission: sets) { _, context in
            let principal = try context.signedIn()
            let added = try await load(by: principal)
            return Shell.done(added == 0 ? "没有需要补充的" : "已补充 \(added) 条", to: "/ledgers/caseCategory", context: context)
        }
    }
}
