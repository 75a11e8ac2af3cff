import Kernel

/// Why a verdict was what it was: each check in order, what it asked, what it saw, what came of it.
package struct PassExplanation: Sendable, Equatable {
    package enum Outcome: String, Sendable { case passed, failed, skipped }

    package struct Step: Sendable, Equatable {
        package var title: String
        package var outcome: Outcome
        package var text: String
    }

    package var verdict: GatePassRule.Verdict
    package var steps: [Step]

    /// Retells `GatePassRule.judge` check by check.
    package init(_ facts: GatePassRule.Facts) {
        let judgement = GatePassRule.judge(facts)
        verdict = judgement.verdict
        if facts.isInternal {
            steps = [Step(title: "内部车辆豁免", outcome: .passed, text: "该车登记为本企业内部车辆，免于后续检查")]
            return
        }
        var steps: [Step] = []
        steps.append(Step(title: "内部车辆豁免", outcome: .skipped, text: "不是本企业登记的内部车辆，继续检查"))
        func reason(_ kinds: [PassFinding]) -> String? { judgement.findings.first { kinds.contains($0.kind) }?.message }
        if let text = reason([.notFiled, .filingPending, .filingRejected, .plateMissing]) {
            steps.append(Step(title: "是否备案", outcome: .failed, text: text))
        } else {
            steps.append(Step(title: "是否备案", outcome: .passed, text: "已备案；排放阶段\(facts.stage.title)，燃料\(FuelCode(normalizing: facts.fuel).title)，\(facts.group.title)"))
        }
        if let text = reason([.excessListed]) {
            steps.append(Step(title: "排放超标车辆名单", outcome: .failed, text: text))
        } else {
            steps.append(Step(title: "排放超标车辆名单", outcome: .passed, text: "未列入名单"))
        }
        if let strategy = facts.strategy {
            let name = "“\(strategy.name)”（第 \(strategy.version) 版，\(facts.level == .none ? "无预警" : facts.level.title + "预警")）"
            if let text = reason([.strategyBreached]) {
                steps.append(Step(title: "管控策略", outcome: .failed, text: name + text))
            } else {
                steps.append(Step(title: "管控策略", outcome: .passed, text: name + PassExplanation.whyMet(strategy, facts)))
            }
        } else {
            steps.append(Step(title: "管控策略", outcome: .skipped, text: "当前响应级别（\(facts.level.title)）没有适用于该企业的策略"))
        }
        if let entry = facts.entry {
            if let doubt = entry.doubt {
                steps.append(Step(title: "进厂授权", outcome: .failed, text: doubt.message))
            } else {
                steps.append(Step(title: "进厂授权", outcome: .passed, text: "在授权期限内；识别到的驾驶人、货物与授权相符"))
            }
        }
        self.steps = steps
    }

    private static func whyMet(_ strategy: Strategy, _ facts: GatePassRule.Facts) -> String {
        if strategy.exemptPlates.contains(facts.plate.text) { return "豁免车辆" }
        if let vehicleClass = facts.vehicleClass, strategy.exemptClasses.contains(vehicleClass) { return "\(VehicleClass(rawValue: vehicleClass)?.title ?? vehicleClass)车辆豁免" }
        if !strategy.windows.isEmpty, !strategy.windows.contains(where: { $0.contains(minuteOfDay: facts.minuteOfDay) }) {
            return "不在限制时段（\(strategy.windows.map(\.text).joined(separator: "、"))）"
        }
        if strategy.allowsNewEnergy, facts.stage == .electric { return "新能源车辆不受限" }
        if !strategy.groups.contains(facts.group) { return "\(facts.group.title)车辆不在限制车型之内" }
        if let minimum = strategy.minimumStage { return "要求\(minimum.title)及以上，该车为\(facts.stage.title)，符合" }
        return "符合"
    }
}
