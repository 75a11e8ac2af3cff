import Kernel

/// A pass just stored, with all it was judged by: what alarms, live pages and roll-ups are made from.
struct StoredPass: Sendable {
    var id: Int64
    var input: GatePassInput
    var site: EnterpriseFacts
    var gateName: String
    var facts: GatePassRule.Facts
    var verdict: GatePassRule.Verdict
    var findings: [GatePassRule.Finding]
    var vehicleType: String?
    var listVersion: Int64
    var filingId: Int64?
    var stageBasis: String
    var receivedAt: Moment
    /// When the row was written: later than received for what came from another system or another time.
    var recordedAt: Moment

    /// The facts kept as evidence, with the words an inspector would use.
    var alarmFacts: JSONValue {
        [
            "过车记录号": .int(id), "企业": .string(site.name), "联网企业编号": .string(site.code), "门岗": .string(gateName), "道闸": .string(input.barrierNo),
            "方向": .string(GateCodes.direction.title(of: input.direction)), "号牌号码": .string(input.plate.text), "号牌颜色": .string(input.plateColor.title),
            "过车时间": .string(input.passedAt.text), "抬杆方式": .string(GateCodes.barrierAction.title(of: input.barrierAction)), "抬杆原因": JSONValue(input.liftReason),
            "排放阶段": .string(facts.stage.title), "燃料种类": .string(FuelCode(normalizing: facts.fuel).title),
            "车辆类型": JSONValue(vehicleType.map { VehicleTypeCode(normalizing: $0).title }),
            "备案状态": .string(facts.filing.title), "货物": JSONValue(input.cargoName), "运输量（吨）": JSONValue(input.cargoTonnes), "响应级别": .string(facts.level.title),
            "适用策略": JSONValue(facts.strategy.map { "\($0.name)（第 \($0.version) 版）" }), "名单版本": .int(listVersion), "规则版本": .int(GatePassRule.version),
            "校验结论": .string(GateCodes.verdict.title(of: verdict.rawValue)), "接收时间": .string(receivedAt.text), "数据来源": .string(GateCodes.passSource.title(of: input.source)),
        ]
    }
}

extension GatePassRule.Facts {
    /// What the pass ledger keeps so that the verdict can be told again: only what its own columns do not say.
    var kept: String {
        let listed = listedVersion.map { String($0) } ?? "null"
        let entry = entry.map { ",\"entry\":\"\($0.doubt?.kind.rawValue ?? "")\"" } ?? ""
        return
            "{\"internal\":\(isInternal),\"filing\":\"\(filing.rawValue)\",\"group\":\"\(group.rawValue)\",\"listed\":\(listed),\"trips\":\(tripsToday),\"tonnes\":\(tonnesToday)\(entry)}"
    }
}
