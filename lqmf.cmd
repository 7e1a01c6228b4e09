@echo off
rem Starts LQMF. Builds it before the first use and after a change of its sources.
rem
rem LQMF_JAVA_HOME  the JDK to use, 25 or newer (else one is searched for)
rem LQMF_JAVA_OPTS  further options for the JVM
setlocal EnableExtensions DisableDelayedExpansion

set "root=%~dp0"
set "root=%root:~0,-1%"
set "target=%root%\app\target"
set "dist=%target%\dist"
set "jdk="

if defined LQMF_JAVA_HOME (
  call :try "%LQMF_JAVA_HOME%"
  if not defined jdk (
    >&2 echo error: LQMF_JAVA_HOME is "%LQMF_JAVA_HOME%", which is no JDK 25 or newer
    >&2 echo   -^> set it to one, or unset it and LQMF searches for one
    exit /b 1
  )
)
if not defined jdk if exist "%dist%\jdk" set /p jdk=<"%dist%\jdk"
if defined jdk if not exist "%jdk%\bin\java.exe" set "jdk="
if not defined jdk call :find
if not defined jdk (
  >&2 echo error: LQMF needs a JDK 25 or newer, and none was found
  >&2 echo   -^> install one ^(winget install EclipseAdoptium.Temurin.25.JDK^) or set LQMF_JAVA_HOME
  exit /b 1
)

call :fresh
if errorlevel 1 call :build
if errorlevel 1 exit /b 1

rem The first argument that is no option is the command.
:scan
if "%~1"=="" goto start
set "command=%~1"
if not "%command:~0,1%"=="-" goto start
shift
goto scan

:start
set options=-XX:TieredStopAtLevel=1 "-XX:AOTCache=%dist%\lqmf.aot"
if /i "%command%"=="eval" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="prompt" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="imatrix" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="run" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="verify" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="bench" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="docs" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="test" set options=-Xmx2g --add-modules jdk.incubator.vector
if /i "%command%"=="quantize" set options=-Xmx512m --add-modules jdk.incubator.vector
if /i "%command%"=="quantize" echo.%* | findstr /i "gptq --calibrate" >nul && set options=-Xmx3g --add-modules jdk.incubator.vector
rem The JVM's own messages must not get into the results on standard output.
set options=%options% -XX:+UseSerialGC -Xlog:disable -Xlog:all=error:stderr -Xlog:aot*=off:stderr
"%jdk%\bin\java.exe" %options% %LQMF_JAVA_OPTS% -jar "%dist%\lqmf.jar" %*
exit /b %ERRORLEVEL%

rem Sets jdk if the directory in the first argument holds a JDK of the wanted version.
:try
if defined jdk exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=2 delims==" %%v in (`findstr /b "JAVA_VERSION=" "%~1\release"`) do (
  for /f "tokens=1 delims=.-+" %%m in ("%%~v") do if %%m geq 25 set "jdk=%~1"
)
exit /b 0

:find
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%j in (javac.exe) do if not "%%~$PATH:j"=="" call :try "%%~dp$PATH:j.."
for /d %%d in (
  "%ProgramFiles%\Eclipse Adoptium\jdk*"
  "%ProgramFiles%\Java\jdk*"
  "%ProgramFiles%\Microsoft\jdk*"
  "%ProgramFiles%\Zulu\zulu*"
  "%ProgramFiles%\Amazon Corretto\jdk*"
  "%ProgramFiles%\BellSoft\LibericaJDK*"
  "%USERPROFILE%\.jdks\*"
  "%USERPROFILE%\scoop\apps\*jdk*"
) do (
  call :try "%%~d"
  call :try "%%~d\current"
)
exit /b 0

rem Succeeds if the build that is there has been made from the sources that are there.
:fresh
if not exist "%dist%\built" exit /b 1
powershell -NoProfile -Command "$built = (Get-Item -LiteralPath $env:dist\built).LastWriteTimeUtc; $sources = Get-ChildItem -Path $env:root\*\src\main -Recurse; $poms = Get-ChildItem -Path $env:root\pom.xml, $env:root\*\pom.xml; if (@($sources; $poms) | Where-Object { $_.LastWriteTimeUtc -gt $built } | Select-Object -First 1) { exit 1 }"
exit /b %ERRORLEVEL%

:build
where mvn >nul 2>nul
if errorlevel 1 (
  >&2 echo error: LQMF builds itself with Maven, and there is no mvn on the PATH
  >&2 echo   -^> install it ^(scoop install maven, choco install maven^)
  exit /b 1
)
>&2 echo building LQMF ...
if not exist "%target%" md "%target%"
if exist "%dist%" rd /s /q "%dist%"
rem Dated before the build, so that a change meanwhile counts.
type nul >"%target%\built"
setlocal
set "JAVA_HOME=%jdk%"
pushd "%root%"
call mvn -q -B -ntp -P "!format" -Dmaven.test.skip=true -pl app -am package >"%target%\build.log" 2>&1
set "status=%ERRORLEVEL%"
popd
endlocal & set "status=%status%"
if not "%status%"=="0" (
  findstr /b /c:"[ERROR]" "%target%\build.log" >&2
  >&2 echo error: the build failed
  >&2 echo   -^> see %target%\build.log; the JDK is %jdk%
  exit /b 1
)
rem The cache lets the JVM start with its classes loaded and linked.
"%jdk%\bin\java.exe" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-XX:AOTCacheOutput=%dist%\lqmf.aot" -cp "%dist%\lqmf.jar" dev.lqmf.app.Rehearsal >>"%target%\build.log" 2>&1
>"%dist%\jdk" echo %jdk%
move /y "%target%\built" "%dist%\built" >nul
exit /b 0
