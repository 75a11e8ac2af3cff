import Features
import Identity
import Kernel
import Ledgers
import Storage

/// Items of the sixteen responsibilities and the industries they are for, with which an authority begins.
struct UsualItems: Sendable {
    let platform: Platform

    private typealias Item = (code: String, name: String, responsibility: Int, days: Int, group: String, low: Double, high: Double)
    /// One item a responsibility at the least.
    private static let items: [(code: String, name: String, responsibility: Int, days: Int, group: String, low: Double, high: Double)] = [
        ("J01", "安全生产责任制健全并签订责任书", 1, 365, "base", 10_000, 50_000), ("J02", "安全管理机构设置与人员配备", 2, 180, "base", 10_000, 50_000), ("J03", "安全生产规章制度健全", 3, 365, "base", 1_000, 10_000),
        ("J04", "岗位操作规程上墙并执行", 4, 180, "base", 1_000, 10_000), ("J05", "安全生产费用提取与使用", 5, 180, "base", 10_000, 50_000), ("J06", "从业人员安全培训记录", 6, 90, "person", 10_000, 50_000),
        ("J07", "驾驶员从业资格有效", 7, 30, "person", 200, 2_000), ("J08", "车辆年检、维护与技术档案", 8, 30, "vehicle", 1_000, 5_000), ("J09", "卫星定位装置在线与违规处理", 9, 15, "vehicle", 800, 3_000),
        ("J10", "风险辨识与分级管控台账", 10, 180, "base", 10_000, 50_000), ("J11", "隐患排查治理闭环", 11, 30, "site", 10_000, 50_000), ("J12", "安全例会按月召开", 12, 30, "base", 1_000, 10_000),
        ("J13", "挂靠与租赁车辆管理", 13, 90, "vehicle", 1_000, 10_000), ("J14", "劳动防护用品配备", 14, 180, "person", 1_000, 10_000), ("J15", "应急预案与演练", 15, 180, "base", 10_000, 50_000),
        ("J16", "事故报告与责任追究", 16, 365, "base", 10_000, 50_000), ("T01", "罐体定期检验合格", 8, 180, "special", 10_000, 50_000), ("T02", "危险货物押运员在岗", 7, 15, "special", 20_000, 100_000),
    ]
    private static let industries: [(code: String, name: String, items: [String], own: [String])] = [
        ("PH", "普通货运", ["J01", "J06", "J07", "J08", "J09", "J11"], ["J08", "J11", "J12"]),
        ("WH", "危险货物运输", ["J01", "J02", "J05", "J06", "J07", "J08", "J09", "J10", "J11", "J15", "T01", "T02"], ["J08", "J09", "J11", "J15"]),
        ("KY", "道路客运", ["J01", "J02", "J06", "J07", "J08", "J09", "J11", "J12", "J15"], ["J07", "J08", "J09"]), ("GT", "个体运输", ["J07", "J08"], ["J08"]),
    ]

    /// - Returns: how many rows were added.
    func items(by principal: Principal, in tx: any Transaction) throws -> Int {
        var added = 0
        for item in Self.items {
            guard try tx.first("SELECT 1 FROM inspection_item WHERE code = \(item.code)") == nil else { continue }
            let values: [String: JSONValue] = [
                "code": .string(item.code), "name": .string(item.name), "responsibility": .string(String(item.responsibility)), "recheckDays": .int(Int64(item.days)),
                "itemGroup": .string(item.group),
                "isSpecial": .bool(item.group == "special"), "fineMin": .double(item.low), "fineMax": .double(item.high),
            ]
            _ = try platform.ledgers.create(InspectionItem.ledger.name, Draft(values), by: principal, in: tx)
            added += 1
        }
        return added
    }

    /// - Returns: how many rows were added.
    func industries(by principal: Principal, in tx: any Transaction) throws -> Int {
        var added = 0
        for industry in Self.industries {
            guard try tx.first("SELECT 1 FROM transport_industry WHERE code = \(industry.code)") == nil else { continue }
            let values: [String: JSONValue] = [
                "code": .string(industry.code), "name": .string(industry.name), "items": .array(industry.items.map { .string($0) }),
                "selfItems": .array(industry.own.map { .string($0) }),
            ]
            _ = try platform.ledgers.create(TransportIndustry.ledger.name, Draft(values), by: principal, in: tx)
            added += 1
        }
        return added
    }
}
