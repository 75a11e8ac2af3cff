import Kernel

/// A-02 信息校验: what is doubtful about a record beyond the verdict: completeness, accuracy, truth. Nothing here refuses a vehicle.
enum PassChecks {
    static func add(to findings: inout [GatePassRule.Finding], input: GatePassInput, filing: PassJudge.Filing?, barrierDirection: String, now: Moment) {
        if !input.plate.isMissing {
            let doubts = PlateFinding.findings(input.plate, color: input.plateColor)
            if let doubt = doubts.first { findings.append(GatePassRule.Finding(.plateFormat, "号牌格式存疑：\(doubt.title)")) }
        }
        if let vin = input.vin, !vin.isEmpty, !VIN(normalizing: vin).hasValidCheckDigit { findings.append(GatePassRule.Finding(.vinCheckDigit)) }
        if let filing, filing.state == "approved" {
            if let stage = input.emissionStage, stage != .unknown, filing.stage != .unknown, stage != filing.stage {
                findings.append(GatePassRule.Finding(.stageMismatch, "上报\(stage.title)，备案为\(filing.stage.title)"))
            }
            if let fuel = input.fuel, fuel != "X", !fuel.isEmpty, filing.fuel != "X", FuelCode(normalizing: fuel).group != FuelCode(normalizing: filing.fuel).group {
                findings.append(GatePassRule.Finding(.fuelMismatch, "上报\(FuelCode(normalizing: fuel).title)，备案为\(FuelCode(normalizing: filing.fuel).title)"))
            }
            if let vin = input.vin, !vin.isEmpty, let filed = filing.vin, VIN(normalizing: vin).text != VIN(normalizing: filed).text {
                findings.append(GatePassRule.Finding(.vinMismatch))
            }
        }
        if barrierDirection != input.direction, barrierDirection != "0" { findings.append(GatePassRule.Finding(.wrongDirection)) }
        if input.barrierAction == "1" { findings.append(GatePassRule.Finding(.liftedByHand, "手动抬杆：\(input.liftReason ?? "")")) }
        if input.source == "auto", now.milliseconds - input.passedAt.milliseconds < -60_000 { findings.append(GatePassRule.Finding(.clockDrift, "门禁时钟快于平台")) }
        if input.headPhoto == nil, input.bodyPhoto == nil, input.source != "manual" { findings.append(GatePassRule.Finding(.incomplete, "缺少车头和车身照片")) }
    }
}
