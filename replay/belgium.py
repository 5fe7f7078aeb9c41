"""Data: towns of Belgium with their districts, and the motorways between them.

Coordinates were entered by hand from general knowledge, good to about 500 m; they carry a simulation, not navigation.
Which districts a road joins is reckoned in `replay.country`: neighbours, and what keeps a town in one piece.
"""

from __future__ import annotations

__all__ = ["BORDERS", "JUNCTIONS", "MOTORWAYS", "TOWNS"]

TOWNS = """
antwerp 530 antwerp
  Centrum 51.2180 4.4080; Eilandje 51.2320 4.4090; Zuid 51.2070 4.3880; Berchem 51.1960 4.4280
  Borgerhout 51.2110 4.4410; Deurne 51.2190 4.4660; Merksem 51.2460 4.4480; Ekeren 51.2800 4.4170
  Luchtbal 51.2530 4.4260; Kiel 51.1900 4.3800; Hoboken 51.1730 4.3480; Wilrijk 51.1680 4.3940; Mortsel 51.1700 4.4570
  Linkeroever 51.2220 4.3760; Zwijndrecht 51.2160 4.3270
ghent 265 ghent
  Korenmarkt 51.0548 3.7210; Dampoort 51.0560 3.7400; Sint-Pieters 51.0360 3.7110; Brugse Poort 51.0570 3.7000
  Muide 51.0720 3.7370; Ledeberg 51.0380 3.7450; Gentbrugge 51.0330 3.7680; Zwijnaarde 51.0020 3.7140
  Wondelgem 51.0880 3.7170; Mariakerke 51.0730 3.6750; Drongen 51.0500 3.6610; Oostakker 51.0990 3.7640
liege 196
  Saint-Lambert 50.6455 5.5740; Guillemins 50.6245 5.5665; Outremeuse 50.6400 5.5850; Bressoux 50.6430 5.6090
  Herstal 50.6640 5.6300; Rocourt 50.6730 5.5460; Ans 50.6620 5.5200; Sclessin 50.6090 5.5590; Seraing 50.5980 5.5090
  Angleur 50.6130 5.5990; Grivegnee 50.6220 5.6130; Jupille 50.6470 5.6320; Chenee 50.6120 5.6180
charleroi 204
  Ville-Haute 50.4115 4.4445; Ville-Basse 50.4060 4.4380; Marcinelle 50.3970 4.4430; Gilly 50.4240 4.4780
  Jumet 50.4440 4.4330; Gosselies 50.4690 4.4320; Marchienne 50.4060 4.3950; Montignies 50.4000 4.4770
  Chatelet 50.4030 4.5280; Couillet 50.3880 4.4600; Lodelinsart 50.4310 4.4490; Mont-sur-Marchienne 50.3880 4.4090
bruges 119
  Markt 51.2087 3.2245; Station 51.1970 3.2170; Kruispoort 51.2130 3.2460; Sint-Kruis 51.2140 3.2680
  Assebroek 51.1960 3.2570; Sint-Andries 51.2000 3.1800; Sint-Michiels 51.1850 3.2140; Sint-Pieters 51.2270 3.2000
  Koolkerke 51.2400 3.2510; Zeebrugge 51.3310 3.2070
namur 113
  Centre 50.4640 4.8650; Gare 50.4690 4.8620; Salzinnes 50.4610 4.8460; Jambes 50.4560 4.8750
  Saint-Servais 50.4780 4.8410; Bouge 50.4790 4.8890; Belgrade 50.4720 4.8190; Erpent 50.4500 4.9080
  Wepion 50.4200 4.8700; Champion 50.4960 4.8990
mons 96
  Grand-Place 50.4545 3.9520; Gare 50.4540 3.9420; Jemappes 50.4500 3.8880; Cuesmes 50.4370 3.9230
  Hyon 50.4390 3.9630; Nimy 50.4740 3.9560; Ghlin 50.4760 3.9030; Havre 50.4650 4.0440; Obourg 50.4740 4.0080
  Frameries 50.4070 3.8960
leuven 103
  Grote Markt 50.8790 4.7010; Station 50.8815 4.7160; Heverlee 50.8610 4.6960; Kessel-Lo 50.8890 4.7360
  Wilsele 50.9030 4.7110; Wijgmaal 50.9270 4.7010; Herent 50.9090 4.6710; Korbeek-Lo 50.8590 4.7600
  Oud-Heverlee 50.8350 4.6640
hasselt 80
  Centrum 50.9305 5.3380; Station 50.9310 5.3270; Kiewit 50.9560 5.3580; Kuringen 50.9440 5.3040
  Runkst 50.9170 5.3370; Rapertingen 50.9080 5.3660; Godsheide 50.9270 5.3830; Diepenbeek 50.9080 5.4170
  Sint-Lambrechts-Herk 50.8970 5.3120
genk 67
  Centrum 50.9650 5.5000; Winterslag 50.9830 5.4880; Waterschei 50.9930 5.5270; Zwartberg 51.0110 5.5280
  Sledderlo 50.9430 5.5280; Bokrijk 50.9560 5.4180; Boxbergheide 50.9600 5.4690; Termien 50.9510 5.5110
kortrijk 79
  Centrum 50.8280 3.2650; Station 50.8245 3.2640; Heule 50.8400 3.2370; Bissegem 50.8250 3.2290; Marke 50.8070 3.2350
  Hoog Kortrijk 50.8030 3.2740; Harelbeke 50.8540 3.3130; Zwevegem 50.8120 3.3380; Kuurne 50.8510 3.2830
mechelen 88
  Grote Markt 51.0280 4.4800; Station 51.0180 4.4830; Nekkerspoel 51.0300 4.4920; Battel 51.0340 4.4420
  Hombeek 51.0170 4.4330; Muizen 51.0080 4.5130; Walem 51.0690 4.4570; Bonheiden 51.0230 4.5480
  Sint-Katelijne-Waver 51.0680 4.5330
aalst 89
  Grote Markt 50.9380 4.0390; Station 50.9420 4.0390; Erembodegem 50.9190 4.0500; Nieuwerkerken 50.9280 4.0010
  Hofstade 50.9640 4.0380; Moorsel 50.9470 4.0980; Lede 50.9660 3.9840; Haaltert 50.9060 4.0010
sint-niklaas 80
  Markt 51.1650 4.1430; Station 51.1720 4.1430; Belsele 51.1530 4.0880; Nieuwkerken 51.1940 4.1750
  Sinaai 51.1570 4.0380; Temse 51.1250 4.2140; Waasmunster 51.1060 4.0850
tournai 69
  Grand-Place 50.6060 3.3870; Gare 50.6130 3.3970; Kain 50.6330 3.3760; Froyennes 50.6280 3.3500
  Warchin 50.6020 3.4270; Ere 50.5810 3.3720; Antoing 50.5670 3.4500; Templeuve 50.6460 3.2800
ostend 72
  Wapenplein 51.2300 2.9170; Station 51.2280 2.9260; Mariakerke 51.2190 2.8890; Raversijde 51.2040 2.8550
  Stene 51.2020 2.9150; Zandvoorde 51.2010 2.9680; Bredene 51.2350 2.9740; Oudenburg 51.1850 3.0000
la-louviere 81
  Centre 50.4790 4.1870; Houdeng 50.4830 4.1560; Strepy 50.5010 4.1230; Haine-Saint-Paul 50.4570 4.1900
  Morlanwelz 50.4540 4.2440; Manage 50.5030 4.2350; Besonrieux 50.5010 4.1900; Binche 50.4110 4.1650
verviers 55
  Centre 50.5910 5.8630; Gare 50.5880 5.8550; Ensival 50.5810 5.8440; Heusy 50.5730 5.8720; Dison 50.6100 5.8540
  Pepinster 50.5680 5.8060; Stembert 50.5940 5.8970; Limbourg 50.6120 5.9400
turnhout 46
  Grote Markt 51.3230 4.9460; Station 51.3220 4.9380; Oud-Turnhout 51.3190 4.9830; Beerse 51.3190 4.8530
  Vosselaar 51.3090 4.8900; Merksplas 51.3580 4.8640; Kasterlee 51.2410 4.9670
roeselare 64
  Grote Markt 50.9450 3.1230; Station 50.9490 3.1310; Rumbeke 50.9330 3.1560; Beveren 50.9720 3.1370
  Oekene 50.9090 3.1600; Izegem 50.9140 3.2120; Hooglede 50.9780 3.0830; Staden 50.9740 3.0140
wavre 35
  Centre 50.7170 4.6090; Limal 50.6930 4.5740; Bierges 50.7090 4.5910; Louvain-la-Neuve 50.6690 4.6150
  Ottignies 50.6660 4.5680; Rixensart 50.7130 4.5270; Grez-Doiceau 50.7390 4.6980; Rosieres 50.7330 4.5500
arlon 30
  Centre 49.6840 5.8160; Gare 49.6790 5.8100; Bonnert 49.7110 5.8190; Heinsch 49.6990 5.7430; Autelbas 49.6510 5.8560
  Messancy 49.5960 5.8160; Toernich 49.6580 5.7840
bastogne 16
  Place McAuliffe 50.0000 5.7160; Gare 50.0030 5.7080; Noville 50.0630 5.7590; Marvie 49.9880 5.7500
  Sibret 49.9690 5.6340
dendermonde 46
  Grote Markt 51.0280 4.1010; Station 51.0240 4.1040; Sint-Gillis 51.0190 4.1160; Grembergen 51.0500 4.1030
  Appels 51.0410 4.0650; Baasrode 51.0380 4.1590; Hamme 51.0980 4.1360; Zele 51.0650 4.0400
"""
"""A town: name, inhabitants in thousands, its low-emission zone if it has one; then its districts: name, latitude,
longitude."""

JUNCTIONS = """
adinkerke 51.068 2.595 Adinkerke
veurne 51.058 2.690 Veurne
gistel 51.163 2.975 Gistel
jabbeke 51.177 3.090 Jabbeke
oostkamp 51.165 3.220 Oostkamp
aalter 51.080 3.440 Aalter
drongen 51.040 3.630 Drongen
zwijnaarde 51.000 3.735 Zwijnaarde
wetteren 50.985 3.870 Wetteren
erpe 50.945 3.975 Erpe-Mere
affligem 50.905 4.120 Affligem
ternat 50.885 4.180 Ternat
sterrebeek 50.858 4.540 Sterrebeek
bertem 50.850 4.635 Bertem
haasrode 50.838 4.740 Haasrode
tienen 50.785 4.925 Tienen
waremme 50.715 5.240 Waremme
loncin 50.668 5.500 Loncin
vottem 50.675 5.590 Vottem
cheratte 50.690 5.680 Cheratte
battice 50.652 5.825 Battice
eynatten 50.705 6.060 Eynatten
lichtenbusch 50.722 6.118 Lichtenbusch
mechelen-s 51.000 4.455 Mechelen-Zuid
mechelen-n 51.045 4.440 Mechelen-Noord
kontich 51.135 4.425 Kontich
craeybeckx 51.180 4.400 Craeybeckx
antwerp-s 51.192 4.395 Antwerpen-Zuid
antwerp-e 51.213 4.455 Antwerpen-Oost
antwerp-w 51.212 4.345 Antwerpen-West
sint-job 51.300 4.545 Sint-Job
brecht 51.355 4.620 Brecht
meer 51.468 4.735 Meer
stabroek 51.330 4.365 Stabroek
putte 51.395 4.350 Zandvliet
halle 50.735 4.215 Halle
nivelles 50.590 4.300 Nivelles
feluy 50.560 4.235 Feluy
thieu 50.470 4.090 Thieu
jemappes 50.462 3.880 Jemappes
hensies 50.435 3.690 Hensies
quievrain 50.415 3.665 Quiévrain
peruwelz 50.530 3.600 Péruwelz
tournai-e 50.620 3.430 Tournai-Est
lamain 50.612 3.290 Lamain
gouy 50.500 4.315 Gouy-lez-Piéton
heppignies 50.485 4.500 Heppignies
sambreville 50.485 4.640 Sambreville
daussoulx 50.515 4.885 Daussoulx
andenne 50.525 5.085 Andenne
huy 50.560 5.240 Villers-le-Bouillet
wavre-n 50.720 4.625 Wavre
corroy 50.660 4.680 Corroy-le-Grand
thorembais 50.625 4.780 Thorembais
bouge 50.490 4.910 Bouge
achene 50.275 5.045 Achêne
wellin 50.080 5.130 Wellin
neufchateau 49.865 5.465 Neufchâteau
habay 49.730 5.640 Habay
arlon-n 49.700 5.790 Arlon
sterpenich 49.648 5.892 Sterpenich
ranst 51.200 4.560 Ranst
herentals 51.155 4.830 Herentals
geel 51.125 4.960 Geel-West
lummen 50.985 5.210 Lummen
hasselt-e 50.905 5.360 Hasselt-Oost
tongeren 50.795 5.480 Tongeren
wilsele 50.915 4.725 Wilsele
aarschot 50.965 4.835 Aarschot
genk-s 50.945 5.480 Genk
maasmechelen 50.965 5.690 Maasmechelen
vroenhoven 50.975 5.755 Boorsem
melsele 51.190 4.270 Melsele
waasland 51.150 4.170 Sint-Niklaas
lokeren 51.115 3.970 Lokeren
destelbergen 51.045 3.805 Destelbergen
deinze 50.970 3.560 Deinze
waregem 50.885 3.440 Waregem
kortrijk-o 50.820 3.320 Kortrijk-Oost
rekkem 50.775 3.170 Rekkem
torhout 51.060 3.140 Torhout
roeselare-o 50.935 3.165 Roeselare
aalbeke 50.785 3.235 Aalbeke
boom 51.085 4.370 Boom
londerzeel 51.000 4.310 Londerzeel
turnhout-z 51.290 4.925 Turnhout
postel 51.290 5.215 Postel
embourg 50.600 5.605 Embourg
sprimont 50.510 5.660 Sprimont
fraiture 50.255 5.735 Baraque de Fraiture
bastogne-n 50.020 5.695 Bastogne
verviers-n 50.605 5.820 Verviers
eeklo 51.190 3.560 Eeklo
zelzate 51.195 3.810 Zelzate
"""
"""A junction of motorways: name, latitude, longitude, name for people."""

MOTORWAYS = """
E40   adinkerke veurne gistel jabbeke oostkamp aalter drongen zwijnaarde wetteren erpe affligem ternat r0-bijgaarden
E40   r0-kraainem sterrebeek bertem haasrode tienen waremme loncin vottem cheratte battice eynatten lichtenbusch
E19   r0-machelen mechelen-s mechelen-n kontich craeybeckx antwerp-s
E19   antwerp-e sint-job brecht meer
E19   r0-ruisbroek halle nivelles feluy thieu jemappes hensies quievrain
E42   lamain tournai-e peruwelz hensies
E42   feluy gouy heppignies sambreville daussoulx andenne huy loncin
E411  r0-leonard wavre-n corroy thorembais daussoulx bouge achene wellin neufchateau habay arlon-n sterpenich
E313  antwerp-e ranst herentals geel lummen hasselt-e tongeren vottem
E314  bertem wilsele aarschot lummen genk-s maasmechelen vroenhoven
E17   antwerp-w melsele waasland lokeren destelbergen zwijnaarde deinze waregem kortrijk-o aalbeke rekkem
E403  oostkamp torhout roeselare-o kortrijk-o
E403  aalbeke tournai-e
A12   antwerp-s boom londerzeel r0-strombeek
A12   antwerp-e stabroek putte
R1    antwerp-w antwerp-s antwerp-e
E34   ranst turnhout-z postel
E34   melsele zelzate eeklo oostkamp
R4    zelzate destelbergen
E25   vottem embourg sprimont fraiture bastogne-n neufchateau
A27   battice verviers-n
"""
"""A motorway: its number, and the junctions along it."""

BORDERS = (
    "adinkerke", "lichtenbusch", "meer", "putte", "quievrain", "lamain", "sterpenich", "vroenhoven", "rekkem", "postel",
)  # fmt: skip
"""Junctions where a motorway leaves the country."""
