extension Region {
    /// Provinces by their six-digit codes (GB/T 2260).
    package static let provinces: [CodeItem] = [
        CodeItem("110000", "北京市", "Beijing"), CodeItem("120000", "天津市", "Tianjin"), CodeItem("130000", "河北省", "Hebei"),
        CodeItem("140000", "山西省", "Shanxi"), CodeItem("150000", "内蒙古自治区", "Inner Mongolia"), CodeItem("210000", "辽宁省", "Liaoning"),
        CodeItem("220000", "吉林省", "Jilin"), CodeItem("230000", "黑龙江省", "Heilongjiang"), CodeItem("310000", "上海市", "Shanghai"),
        CodeItem("320000", "江苏省", "Jiangsu"), CodeItem("330000", "浙江省", "Zhejiang"), CodeItem("340000", "安徽省", "Anhui"),
        CodeItem("350000", "福建省", "Fujian"), CodeItem("360000", "江西省", "Jiangxi"), CodeItem("370000", "山东省", "Shandong"),
        CodeItem("410000", "河南省", "Henan"), CodeItem("420000", "湖北省", "Hubei"), CodeItem("430000", "湖南省", "Hunan"),
        CodeItem("440000", "广东省", "Guangdong"), CodeItem("450000", "广西壮族自治区", "Guangxi"), CodeItem("460000", "海南省", "Hainan"),
        CodeItem("500000", "重庆市", "Chongqing"), CodeItem("510000", "四川省", "Sichuan"), CodeItem("520000", "贵州省", "Guizhou"),
        CodeItem("530000", "云南省", "Yunnan"), CodeItem("540000", "西藏自治区", "Tibet"), CodeItem("610000", "陕西省", "Shaanxi"),
        CodeItem("620000", "甘肃省", "Gansu"), CodeItem("630000", "青海省", "Qinghai"), CodeItem("640000", "宁夏回族自治区", "Ningxia"),
        CodeItem("650000", "新疆维吾尔自治区", "Xinjiang"), CodeItem("710000", "台湾省", "Taiwan"), CodeItem("810000", "香港特别行政区", "Hong Kong"),
        CodeItem("820000", "澳门特别行政区", "Macao"),
    ]

    /// Cities of Hebei.
    package static let cities: [CodeItem] = [
        CodeItem("130100", "石家庄市", "Shijiazhuang"), CodeItem("130200", "唐山市", "Tangshan"), CodeItem("130300", "秦皇岛市", "Qinhuangdao"),
        CodeItem("130400", "邯郸市", "Handan"), CodeItem("130500", "邢台市", "Xingtai"), CodeItem("130600", "保定市", "Baoding"),
        CodeItem("130700", "张家口市", "Zhangjiakou"), CodeItem("130800", "承德市", "Chengde"), CodeItem("130900", "沧州市", "Cangzhou"),
        CodeItem("131000", "廊坊市", "Langfang"), CodeItem("131100", "衡水市", "Hengshui"),
    ]

    /// Counties, districts and county-level cities of Hebei; those whose third pair begins with 7 are the statistical codes of development zones.
    package static let counties: [CodeItem] = [
        // 石家庄市
        CodeItem("130102", "长安区", "Chang'an District"), CodeItem("130104", "桥西区", "Qiaoxi District"), CodeItem("130105", "新华区", "Xinhua District"),
        CodeItem("130107", "井陉矿区", "Jingxing Mining District"), CodeItem("130108", "裕华区", "Yuhua District"),
        CodeItem("130109", "藁城区", "Gaocheng District"), CodeItem("130110", "鹿泉区", "Luquan District"), CodeItem("130111", "栾城区", "Luancheng District"),
        CodeItem("130121", "井陉县", "Jingxing County"), CodeItem("130123", "正定县", "Zhengding County"), CodeItem("130125", "行唐县", "Xingtang County"),
        CodeItem("130126", "灵寿县", "Lingshou County"), CodeItem("130127", "高邑县", "Gaoyi County"), CodeItem("130128", "深泽县", "Shenze County"),
        CodeItem("130129", "赞皇县", "Zanhuang County"), CodeItem("130130", "无极县", "Wuji County"), CodeItem("130131", "平山县", "Pingshan County"),
        CodeItem("130132", "元氏县", "Yuanshi County"), CodeItem("130133", "赵县", "Zhao County"),
        CodeItem("130171", "高新技术产业开发区", "Shijiazhuang High-tech Zone"), CodeItem("130172", "循环化工园区", "Shijiazhuang Circular Chemical Park"),
        CodeItem("130181", "辛集市", "Xinji City"), CodeItem("130183", "晋州市", "Jinzhou City"), CodeItem("130184", "新乐市", "Xinle City"),
        // 唐山市
        CodeItem("130202", "路南区", "Lunan District"), CodeItem("130203", "路北区", "Lubei District"), CodeItem("130204", "古冶区", "Guye District"),
        CodeItem("130205", "开平区", "Kaiping District"), CodeItem("130207", "丰南区", "Fengnan District"), CodeItem("130208", "丰润区", "Fengrun District"),
        CodeItem("130209", "曹妃甸区", "Caofeidian District"), CodeItem("130224", "滦南县", "Luannan County"), CodeItem("130225", "乐亭县", "Laoting County"),
        CodeItem("130227", "迁西县", "Qianxi County"), CodeItem("130229", "玉田县", "Yutian County"),
        CodeItem("130271", "河北唐山芦台经济开发区", "Tangshan Lutai Economic Development Zone"),
        CodeItem("130272", "唐山市汉沽管理区", "Tangshan Hangu Administrative Zone"), CodeItem("130273", "唐山高新技术产业开发区", "Tangshan High-tech Zone"),
        CodeItem("130274", "河北唐山海港经济开发区", "Tangshan Seaport Economic Development Zone"), CodeItem("130281", "遵化市", "Zunhua City"),
        CodeItem("130283", "迁安市", "Qian'an City"), CodeItem("130284", "滦州市", "Luanzhou City"),
        // 秦皇岛市
        CodeItem("130302", "海港区", "Haigang District"), CodeItem("130303", "山海关区", "Shanhaiguan District"),
        CodeItem("130304", "北戴河区", "Beidaihe District"), CodeItem("130306", "抚宁区", "Funing District"),
        CodeItem("130321", "青龙满族自治县", "Qinglong Manchu Autonomous County"), CodeItem("130322", "昌黎县", "Changli County"),
        CodeItem("130324", "卢龙县", "Lulong County"), CodeItem("130371", "秦皇岛市经济技术开发区", "Qinhuangdao Economic and Technological Development Zone"),
        CodeItem("130372", "北戴河新区", "Beidaihe New Area"),
        // 邯郸市
        CodeItem("130402", "邯山区", "Hanshan District"), CodeItem("130403", "丛台区", "Congtai District"), CodeItem("130404", "复兴区", "Fuxing District"),
        CodeItem("130406", "峰峰矿区", "Fengfeng Mining District"), CodeItem("130407", "肥乡区", "Feixiang District"),
        CodeItem("130408", "永年区", "Yongnian District"), CodeItem("130423", "临漳县", "Linzhang County"), CodeItem("130424", "成安县", "Cheng'an County"),
        CodeItem("130425", "大名县", "Daming County"), CodeItem("130426", "涉县", "She County"), CodeItem("130427", "磁县", "Ci County"),
        CodeItem("130430", "邱县", "Qiu County"), CodeItem("130431", "鸡泽县", "Jize County"), CodeItem("130432", "广平县", "Guangping County"),
        CodeItem("130433", "馆陶县", "Guantao County"), CodeItem("130434", "魏县", "Wei County"), CodeItem("130435", "曲周县", "Quzhou County"),
        CodeItem("130471", "邯郸经济技术开发区", "Handan Economic and Technological Development Zone"), CodeItem("130473", "邯郸冀南新区", "Handan Jinan New Area"),
        CodeItem("130481", "武安市", "Wu'an City"),
        // 邢台市
        CodeItem("130502", "襄都区", "Xiangdu District"), CodeItem("130503", "信都区", "Xindu District"), CodeItem("130505", "任泽区", "Renze District"),
        CodeItem("130506", "南和区", "Nanhe District"), CodeItem("130522", "临城县", "Lincheng County"), CodeItem("130523", "内丘县", "Neiqiu County"),
        CodeItem("130524", "柏乡县", "Baixiang County"), CodeItem("130525", "隆尧县", "Longyao County"), CodeItem("130528", "宁晋县", "Ningjin County"),
        CodeItem("130529", "巨鹿县", "Julu County"), CodeItem("130530", "新河县", "Xinhe County"), CodeItem("130531", "广宗县", "Guangzong County"),
        CodeItem("130532", "平乡县", "Pingxiang County"), CodeItem("130533", "威县", "Wei County"), CodeItem("130534", "清河县", "Qinghe County"),
        CodeItem("130535", "临西县", "Linxi County"), CodeItem("130571", "河北邢台经济开发区", "Xingtai Economic Development Zone"),
        CodeItem("130581", "南宫市", "Nangong City"), CodeItem("130582", "沙河市", "Shahe City"),
        // 保定市
        CodeItem("130602", "竞秀区", "Jingxiu District"), CodeItem("130606", "莲池区", "Lianchi District"), CodeItem("130607", "满城区", "Mancheng District"),
        CodeItem("130608", "清苑区", "Qingyuan District"), CodeItem("130609", "徐水区", "Xushui District"), CodeItem("130623", "涞水县", "Laishui County"),
        CodeItem("130624", "阜平县", "Fuping County"), CodeItem("130626", "定兴县", "Dingxing County"), CodeItem("130627", "唐县", "Tang County"),
        CodeItem("130628", "高阳县", "Gaoyang County"), CodeItem("130629", "容城县", "Rongcheng County"), CodeItem("130630", "涞源县", "Laiyuan County"),
        CodeItem("130631", "望都县", "Wangdu County"), CodeItem("130632", "安新县", "Anxin County"), CodeItem("130633", "易县", "Yi County"),
        CodeItem("130634", "曲阳县", "Quyang County"), CodeItem("130635", "蠡县", "Li County"), CodeItem("130636", "顺平县", "Shunping County"),
        CodeItem("130637", "博野县", "Boye County"), CodeItem("130638", "雄县", "Xiong County"),
        CodeItem("130671", "保定高新技术产业开发区", "Baoding High-tech Zone"), CodeItem("130672", "保定白沟新城", "Baoding Baigou New City"),
        CodeItem("130681", "涿州市", "Zhuozhou City"), CodeItem("130682", "定州市", "Dingzhou City"), CodeItem("130683", "安国市", "Anguo City"),
        CodeItem("130684", "高碑店市", "Gaobeidian City"),
        // 张家口市
        CodeItem("130702", "桥东区", "Qiaodong District"), CodeItem("130703", "桥西区", "Qiaoxi District"), CodeItem("130705", "宣化区", "Xuanhua District"),
        CodeItem("130706", "下花园区", "Xiahuayuan District"), CodeItem("130708", "万全区", "Wanquan District"),
        CodeItem("130709", "崇礼区", "Chongli District"), CodeItem("130722", "张北县", "Zhangbei County"), CodeItem("130723", "康保县", "Kangbao County"),
        CodeItem("130724", "沽源县", "Guyuan County"), CodeItem("130725", "尚义县", "Shangyi County"), CodeItem("130726", "蔚县", "Yu County"),
        CodeItem("130727", "阳原县", "Yangyuan County"), CodeItem("130728", "怀安县", "Huai'an County"), CodeItem("130730", "怀来县", "Huailai County"),
        CodeItem("130731", "涿鹿县", "Zhuolu County"), CodeItem("130732", "赤城县", "Chicheng County"),
        CodeItem("130771", "张家口经济开发区", "Zhangjiakou Economic Development Zone"),
        CodeItem("130772", "张家口市察北管理区", "Zhangjiakou Chabei Administrative Zone"),
        CodeItem("130773", "张家口市塞北管理区", "Zhangjiakou Saibei Administrative Zone"),
        // 承德市
        CodeItem("130802", "双桥区", "Shuangqiao District"), CodeItem("130803", "双滦区", "Shuangluan District"),
        CodeItem("130804", "鹰手营子矿区", "Yingshouyingzi Mining District"), CodeItem("130821", "承德县", "Chengde County"),
        CodeItem("130822", "兴隆县", "Xinglong County"), CodeItem("130824", "滦平县", "Luanping County"), CodeItem("130825", "隆化县", "Longhua County"),
        CodeItem("130826", "丰宁满族自治县", "Fengning Manchu Autonomous County"), CodeItem("130827", "宽城满族自治县", "Kuancheng Manchu Autonomous County"),
        CodeItem("130828", "围场满族蒙古族自治县", "Weichang Manchu and Mongol Autonomous County"), CodeItem("130871", "承德高新技术产业开发区", "Chengde High-tech Zone"),
        CodeItem("130881", "平泉市", "Pingquan City"),
        // 沧州市
        CodeItem("130902", "新华区", "Xinhua District"), CodeItem("130903", "运河区", "Yunhe District"), CodeItem("130921", "沧县", "Cang County"),
        CodeItem("130922", "青县", "Qing County"), CodeItem("130923", "东光县", "Dongguang County"), CodeItem("130924", "海兴县", "Haixing County"),
        CodeItem("130925", "盐山县", "Yanshan County"), CodeItem("130926", "肃宁县", "Suning County"), CodeItem("130927", "南皮县", "Nanpi County"),
        CodeItem("130928", "吴桥县", "Wuqiao County"), CodeItem("130929", "献县", "Xian County"),
        CodeItem("130930", "孟村回族自治县", "Mengcun Hui Autonomous County"), CodeItem("130971", "河北沧州经济开发区", "Cangzhou Economic Development Zone"),
        CodeItem("130972", "沧州高新技术产业开发区", "Cangzhou High-tech Zone"), CodeItem("130973", "沧州渤海新区", "Cangzhou Bohai New Area"),
        CodeItem("130981", "泊头市", "Botou City"), CodeItem("130982", "任丘市", "Renqiu City"), CodeItem("130983", "黄骅市", "Huanghua City"),
        CodeItem("130984", "河间市", "Hejian City"),
        // 廊坊市
        CodeItem("131002", "安次区", "Anci District"), CodeItem("131003", "广阳区", "Guangyang District"), CodeItem("131022", "固安县", "Gu'an County"),
        CodeItem("131023", "永清县", "Yongqing County"), CodeItem("131024", "香河县", "Xianghe County"), CodeItem("131025", "大城县", "Daicheng County"),
        CodeItem("131026", "文安县", "Wen'an County"), CodeItem("131028", "大厂回族自治县", "Dachang Hui Autonomous County"),
        CodeItem("131071", "廊坊经济技术开发区", "Langfang Economic and Technological Development Zone"), CodeItem("131081", "霸州市", "Bazhou City"),
        CodeItem("131082", "三河市", "Sanhe City"),
        // 衡水市
        CodeItem("131102", "桃城区", "Taocheng District"), CodeItem("131103", "冀州区", "Jizhou District"), CodeItem("131121", "枣强县", "Zaoqiang County"),
        CodeItem("131122", "武邑县", "Wuyi County"), CodeItem("131123", "武强县", "Wuqiang County"), CodeItem("131124", "饶阳县", "Raoyang County"),
        CodeItem("131125", "安平县", "Anping County"), CodeItem("131126", "故城县", "Gucheng County"), CodeItem("131127", "景县", "Jing County"),
        CodeItem("131128", "阜城县", "Fucheng County"), CodeItem("131171", "河北衡水高新技术产业开发区", "Hengshui High-tech Zone"),
        CodeItem("131172", "衡水滨湖新区", "Hengshui Binhu New Area"), CodeItem("131182", "深州市", "Shenzhou City"),
    ]
}
